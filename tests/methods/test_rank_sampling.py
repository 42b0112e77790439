"""DyLoRA: which components work, which learn, and what is left for evaluation."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch

from bench.attach.attach import Attached, adapted_maps
from bench.errors import ConfigError
from bench.methods.plugin import Moment
from bench.methods.rank_sampling import RankSampling
from tests.methods.every import IDS, attached, logits, loss, method, train
from tests.methods.moments import moment

RANK = 8


def sampled(update: str = "lora", **options: Any) -> Attached:
    """An update of rank 8 with DyLoRA's sampling."""
    composed = method(update, rank=RANK, plugins={"rank_sampling": options})
    return attached(composed, "tiny_gpt2")


def begun(made: Attached) -> Moment:
    """The same adapter within a step, its components drawn."""
    now = moment(made)
    made.method.plugins[0].step_begin(now)
    return now


def test_ranks_are_uniform_and_the_same_for_all_maps() -> None:
    """700 draws from 2 … 8 hit each rank 100 ± 35 times; behind a step all components work."""
    made = sampled(lowest=2)
    now, plugin = moment(made), made.method.plugins[0]
    maps = adapted_maps(made.model).values()
    drawn: Counter[int | None] = Counter()
    for _ in range(700):
        plugin.step_begin(now)
        ranks = {layer.rank for layer in maps}
        assert len(ranks) == 1
        drawn.update(ranks)
    assert drawn.keys() == set(range(2, RANK + 1))
    assert all(abs(count - 100) < 35 for count in drawn.values())
    plugin.step_end(now)
    assert {(layer.rank, layer.newest_only) for layer in maps} == {(None, False)}


def test_forward_is_the_official_one() -> None:
    """W x + b + alpha/r (√(r/b) B[:, :b]) (√(r/b) A[:b]) x, as loralib's dynamic layer scales."""
    made = sampled(lowest=3)
    train(made, 2)
    begun(made)
    layer = next(iter(adapted_maps(made.model).values()))
    b = layer.rank
    assert b is not None
    assert 3 <= b < RANK
    A, B = layer.adapter["A"], layer.adapter["B"]
    root, x = (RANK / b) ** 0.5, torch.randn(5, 48)
    expected = layer.base(x) + 32 / RANK * x @ (root * A[:b]).mT @ (root * B[:, :b]).mT
    torch.testing.assert_close(layer(x), expected, atol=1e-6, rtol=0)


def test_at_the_full_rank_it_is_lora() -> None:
    """With b = r in every step, training gives LoRA's tensors, bit for bit."""
    made, lora = sampled(lowest=RANK, mode="all"), attached(method("lora", rank=RANK), "tiny_gpt2")
    assert train(made, 4).losses == train(lora, 4).losses
    other = lora.state()
    assert all(torch.equal(tensor, other[name]) for name, tensor in made.state().items())


def test_frozen_lets_one_component_learn() -> None:
    """Frozen: gradients of component b alone, and those that mode=all gives it; all: of 1 … b."""
    found = {}
    for mode in ("frozen", "all"):
        made = sampled(mode=mode, lowest=3)
        for layer in adapted_maps(made.model).values():
            layer.adapter["B"].data.normal_(generator=torch.Generator().manual_seed(1))
        begun(made)
        loss(made).backward()
        layer = next(iter(adapted_maps(made.model).values()))
        b = layer.rank
        A, B = layer.adapter["A"].grad, layer.adapter["B"].grad
        assert A is not None
        assert B is not None
        found[mode] = A, B.mT
    assert b is not None
    for frozen, everything in zip(found["frozen"], found["all"], strict=True):
        assert torch.equal(frozen[b - 1], everything[b - 1])
        assert frozen[b - 1].abs().max() > 0
        assert everything[:b].abs().amax(1).min() > 0
        assert frozen[: b - 1].abs().max() == frozen[b:].abs().max() == everything[b:].abs().max()
        assert frozen[b:].abs().max() == 0


@pytest.mark.parametrize("update", ["lora", "lorma_plus", "lorma_pi"])
def test_a_rank_chosen_for_evaluation_survives(update: str) -> None:
    """`evaluate_at` gives the logits of that truncation; so do its saved and its merged form."""
    whole, cut = sampled(update), sampled(update, evaluate_at=3)
    train(whole, 6)
    train(cut, 6)
    with torch.no_grad():
        full = logits(whole)
        for layer in adapted_maps(whole.model).values():
            layer.rank = 3
        expected = logits(whole)
        assert not torch.allclose(full, expected, atol=1e-3)
        torch.testing.assert_close(logits(cut), expected, atol=1e-5, rtol=0)
        again = sampled(update)
        again.load_state(cut.state())
        assert torch.equal(logits(again), logits(cut))
        assert cut.merge() is None
        torch.testing.assert_close(cut.model(input_ids=IDS).logits, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("ft", {}, "everything has no components"),
        ("loda", {}, "no components that can be left out"),
        ("autolora", {}, "method.gate=none"),
        ("lora", {"evaluate_at": 5}, "evaluate_at=5: must be at most method.rank=4"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], message: str) -> None:
    """Methods without ungated components, and ranks that there are not."""
    with pytest.raises(ConfigError, match=message):
        RankSampling(**options).check(method(name, plugins={}))
