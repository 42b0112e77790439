"""Adapters against printed counts, their equations written out, and plain modules of torch."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from torch import nn

from bench.attach.linear import AdaptedLinear
from bench.methods.adapters import AdapterH, AdapterL, ParallelAdapter
from bench.models.shape import Shape
from tests.methods.every import IDS, attached, logits, method, plain, train

PHI = {"relu": nn.ReLU(), "gelu": nn.GELU(), "silu": nn.SiLU(), "tanh": nn.Tanh()}


@pytest.mark.parametrize(
    ("update", "width", "blocks", "maps", "printed"),
    [
        (AdapterH(bottleneck=8), 1024, 24, 2, 835_968),
        (AdapterL(bottleneck=6), 1024, 24, 1, 368_784),
        (AdapterL(bottleneck=224), 1024, 24, 1, 11_089_152),
    ],
)
def test_counts_of_the_published_rows(
    update: AdapterH, width: int, blocks: int, maps: int, printed: int
) -> None:
    """0.8M on RoBERTa large (LoRMA, table 2), 0.37M and 11.09M on GPT-2 medium (LoDA, table 1)."""
    assert blocks * maps * update.count(width, 4 * width) == printed


@pytest.mark.parametrize("activation", PHI)
@pytest.mark.parametrize("kind", [AdapterH, AdapterL])
def test_equation(kind: type[AdapterH], activation: Any) -> None:
    """h + U φ(D h + b_D) + b_U, and the same of LN(h), as modules of torch compute it."""
    update = kind(bottleneck=3, activation=activation)
    generator = torch.Generator().manual_seed(0)
    layer = AdaptedLinear(nn.Linear(20, 12), update, generator).requires_grad_(False)
    down, up, norm = nn.Linear(12, 3), nn.Linear(3, 12), nn.LayerNorm(12)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    own = {"D": down.weight, "b_D": down.bias, "U": up.weight, "b_U": up.bias}
    if kind is AdapterL:
        own |= {"gain": norm.weight, "shift": norm.bias}
    assert layer.adapter.keys() == own.keys()
    for name, tensor in own.items():
        layer.adapter[name].copy_(tensor)
    x = torch.randn(2, 5, 20, generator=generator)
    h = layer.base(x)
    inner = norm(h) if kind is AdapterL else h
    expected = h + up(PHI[activation](down(inner)))
    torch.testing.assert_close(layer(x), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kind", [AdapterH, AdapterL])
def test_start_is_that_of_the_official_script(kind: type[AdapterH]) -> None:
    """Normal with deviation 0.02 and zero biases; with U = 0 it is exactly the base map."""
    generator = torch.Generator().manual_seed(0)
    layer = AdaptedLinear(nn.Linear(400, 500), kind(bottleneck=64), generator)
    for name in ("D", "U"):
        assert abs(layer.adapter[name].std() - 0.02) < 2e-4
    assert not layer.adapter["b_D"].any()
    assert not layer.adapter["b_U"].any()
    x = torch.randn(3, 400)
    assert not torch.equal(layer(x), layer.base(x))
    nn.init.zeros_(layer.adapter["U"])
    assert torch.equal(layer(x), layer.base(x))


def beside(made: Any, block: int, last: str) -> Any:
    """The parallel adapter of one block."""
    return made.model.transformer.h[block].get_submodule(f"beside_{last}")


@pytest.mark.parametrize("scale", [4.0, "learnt"])
def test_parallel_adapter_reads_the_input_and_adds_to_the_output(scale: Any) -> None:
    """GPT-2's whole sub-layer modules, adapter by hand: y + s·U relu(D x), before the residual."""
    made = attached(method("parallel_adapter", beside="both", scale=scale), "tiny_gpt2")
    train(made, 2)
    bare = plain("tiny_gpt2").model
    for index, block in enumerate(bare.transformer.h):
        for sublayer, last in ((block.attn, "output"), (block.mlp, "down")):
            adapter = beside(made, index, last).adapter
            s = adapter["s"] if scale == "learnt" else scale

            def add(module: Any, args: Any, out: Any, t: Any = adapter, s: Any = s) -> Any:
                more = s * torch.relu(args[0] @ t["D"].T) @ t["U"].T
                return (out[0] + more, *out[1:]) if isinstance(out, tuple) else out + more

            sublayer.register_forward_hook(add)
    with torch.no_grad():
        expected = bare(input_ids=IDS).logits
        assert not torch.allclose(expected, plain("tiny_gpt2").model(input_ids=IDS).logits, 1e-3)
        torch.testing.assert_close(logits(made), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(("beside_", "sublayers"), [("ffn", 1), ("attention", 1), ("both", 2)])
def test_parallel_adapter_count(beside_: Any, sublayers: int) -> None:
    """2 d m for each adapter, as He et al. count them: 2·1024·512·24 on 24 blocks."""
    shape = Shape(blocks=24, width=1024, linears={})
    insert = ParallelAdapter(bottleneck=512, beside=beside_)
    assert insert.count(shape, ()) == sublayers * 25_165_824


@pytest.mark.parametrize("model", ["tiny_gpt2", "tiny_llama", "tiny_roberta"])
def test_normal_start_is_not_the_base_model(model: str) -> None:
    """D and U of deviation 0.02 change the logits, and the method says that it lacks identity."""
    composed = method("parallel_adapter", start="normal", beside="attention")
    assert "identity" in composed.lacks
    made = attached(composed, model)
    for tensor in (p for name, p in made.trained().items() if ".adapter." in name):
        assert abs(tensor.std() - 0.02) < 5e-4
    with torch.no_grad():
        start = plain(model).model(input_ids=IDS).logits
        assert (logits(made) - start).abs().max() > 1e-6


def test_copies_and_pickles_are_independent_models() -> None:
    """A copy's hooks are its own: changing its adapter leaves the first model as it was."""
    made = attached(method("parallel_adapter", beside="both"), "tiny_gpt2")
    train(made, 2)
    with torch.no_grad():
        before = logits(made)
        for other in (copy.deepcopy(made.model), pickle.loads(pickle.dumps(made.model))):  # noqa: S301
            assert torch.equal(other(input_ids=IDS).logits, before)
            other.transformer.h[0].beside_down.adapter["U"].add_(1.0)
            assert not torch.equal(other(input_ids=IDS).logits, before)
        assert torch.equal(logits(made), before)
