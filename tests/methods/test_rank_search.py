"""AutoLoRA: the gradient of λ, the choice of components, and the fresh training behind it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from bench.attach.attach import adapted_maps
from bench.errors import ConfigError
from bench.methods.lora import Lora
from bench.methods.rank_search import RankSearch
from bench.models.dense import dense_weight
from bench.tensors.adam import adam_change
from bench.tensors.components import chosen_components
from bench.tensors.unrolled import unrolled_gradient
from tests.methods.every import attached, logits, method, train
from tests.methods.moments import moment


def test_equal_logits_are_lora_divided_by_the_rank() -> None:
    """softmax(1, …, 1) = 1/r: the adapter is LoRA's with alpha/r in place of alpha."""
    made = attached(method("autolora", rank=8, alpha=16), "tiny_gpt2")
    lora = attached(method("lora", rank=8, alpha=2), "tiny_gpt2")
    for layer, plain in zip(
        adapted_maps(made.model).values(), adapted_maps(lora.model).values(), strict=True
    ):
        layer.adapter["B"].data.normal_(generator=torch.Generator().manual_seed(1))
        plain.adapter.load_state_dict({name: layer.adapter[name] for name in "AB"})
    with torch.no_grad():
        torch.testing.assert_close(logits(made), logits(lora), atol=1e-6, rtol=0)


def toy() -> tuple[list[Tensor], list[Tensor], Tensor, Tensor]:
    """A gated low-rank regression in float64: [A, B], [l], and two sets of inputs."""
    generator = torch.Generator().manual_seed(3)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    weights = [drawn(3, 5).requires_grad_(), drawn(4, 3).requires_grad_()]
    return weights, [drawn(3).requires_grad_()], drawn(7, 5), drawn(6, 5)


def loss_at(x: Tensor, A: Tensor, B: Tensor, gate: Tensor) -> Tensor:
    """How far the gated product is from sin x."""
    return ((x @ A.mT * gate.softmax(0)) @ B.mT - x[:, :4].sin()).square().mean()


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_unrolled_gradient_is_the_exact_one(rate: float) -> None:
    """Against autograd through the step itself: to 1e-5 where the look ahead changes it by 10 %."""
    (A, B), (gate,), x, held = toy()
    slopes = torch.autograd.grad(loss_at(x, A, B, gate), [A, B], create_graph=True)
    ahead = [w - rate * slope for w, slope in zip((A, B), slopes, strict=True)]
    (exact,) = torch.autograd.grad(loss_at(held, ahead[0], ahead[1], gate), [gate])
    before = [A.detach().clone(), B.detach().clone()]
    (found,) = unrolled_gradient(
        [A, B],
        [gate],
        lambda: loss_at(x, A, B, gate),
        lambda: loss_at(held, A, B, gate),
        [rate, rate],
    )
    torch.testing.assert_close(found, exact, rtol=1e-5, atol=1e-8)
    assert torch.equal(A, before[0])
    assert torch.equal(B, before[1])
    (near,) = torch.autograd.grad(loss_at(held, A, B, gate), [gate])
    assert ((near - exact).norm() > 0.1 * exact.norm()) == (rate > 0)


def test_adam_is_that_of_torch() -> None:
    """Five steps of our function and of torch.optim.Adam from the same start."""
    generator = torch.Generator().manual_seed(0)
    ours, theirs = torch.ones(4), torch.ones(4, requires_grad=True)
    optimizer = torch.optim.Adam([theirs], lr=0.1)
    first = second = None
    for step in range(1, 6):
        theirs.grad = torch.randn(4, generator=generator)
        change, first, second = adam_change(theirs.grad, first, second, step, 0.1)
        ours = ours + change
        optimizer.step()
    torch.testing.assert_close(ours, theirs.detach())


def test_choice_is_the_share_of_one_rth() -> None:
    """λ_k / Σ λ ≥ 1/r and softmax(λ)_k ≥ 1/r, which can differ; one component always stays."""
    gate = torch.tensor([2.0, 1.05, 1.0, 0.1])
    assert chosen_components(gate, softmax=False).tolist() == (gate / gate.sum() >= 1 / 4).tolist()
    assert chosen_components(gate, softmax=True).tolist() == (gate.softmax(0) >= 1 / 4).tolist()
    assert chosen_components(gate, softmax=False).tolist() == [True, True, False, False]
    assert chosen_components(gate, softmax=True).tolist() == [True, False, False, False]
    for rank in range(1, 13):
        equal = torch.full((rank,), 0.7)
        assert chosen_components(equal, softmax=True).all()
        assert chosen_components(equal, softmax=False).any()


def test_search_ends_in_a_fresh_lora_of_the_chosen_rank() -> None:
    """Tensors at their start, no optimizer state, λ as the search left it, scale alpha / kept."""
    made = attached(method("autolora", plugins={"rank_search": {"lr": 0.1}}), "tiny_gpt2")
    start = made.state()
    train(made, 6)
    kept = []
    x = torch.randn(3, 48)
    for name, layer in adapted_maps(made.model).items():
        t = layer.tensors()
        mask = chosen_components(t["l"], softmax=False)
        kept.append(int(mask.sum()))
        assert t["searching"] == 0
        own = Lora(rank=kept[-1], alpha=16.0).merged(
            dense_weight(layer.base), {"A": t["A"][mask], "B": t["B"][:, mask]}
        )
        torch.testing.assert_close(layer.merged(), own, atol=1e-6, rtol=0)
        expected = torch.nn.functional.linear(x, own, layer.base.bias)
        torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=0)
        assert (t["l"] - start[f"{name}.adapter.l"]).abs().max() > 0.1
        # A component that was left out is where it started, searched as it was before.
        assert torch.equal(t["A"][~mask], start[f"{name}.adapter.A"][~mask])
        assert t["B"][:, ~mask].abs().max() == 0
    assert min(kept) < 8


def test_the_optimizer_forgets_the_search() -> None:
    """Behind the search no tensor has optimizer state, and training never moves λ."""
    made = attached(method("autolora", plugins={"rank_search": {"lr": 0.1}}), "tiny_gpt2")
    for layer in adapted_maps(made.model).values():
        layer.adapter["B"].data.normal_(generator=torch.Generator().manual_seed(1))
    (plugin,), now = made.method.plugins, moment(made, step=1, steps=2)
    start = made.state()
    plugin.step_begin(now)
    found = {n: t for n, t in made.state().items() if n.endswith(".l")}
    assert all(not torch.equal(t, start[n]) for n, t in found.items())
    now.train_loss().backward()
    plugin.gradient(now)
    now.optimizer.step()
    moved = made.state()
    assert any(not torch.equal(moved[n], t) for n, t in start.items() if n.endswith(".B"))
    assert all(torch.equal(moved[n], t) for n, t in found.items())
    plugin.step_end(now)
    after = made.state()
    assert not now.optimizer.state
    assert not now.memory
    assert all(torch.equal(after[n], t) for n, t in start.items() if n[-2:] in {".A", ".B"})
    assert all(torch.equal(after[n], t) for n, t in found.items())


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("lora", {}, "needs method.gate=softmax"),
        ("adalora", {}, "needs method.gate=softmax"),
        ("autolora", {"search": 0.0}, "search=0: must be above 0"),
        ("autolora", {"held_out": 0.0}, "held_out=0: must be above 0"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], message: str) -> None:
    """Updates without λ, and searches without steps or rows."""
    with pytest.raises(ConfigError, match=message):
        RankSearch(**options).check(method(name, plugins={}))
