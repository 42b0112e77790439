"""Weight decomposition against HF PEFT's DoRA, its printed sizes, and what it decomposes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bench.attach.linear import AdaptedLinear
from bench.methods.base import Update
from bench.methods.lora import Lora
from bench.methods.lorma import LormaPlus
from bench.methods.magnitude import Magnitude
from bench.models.dense import dense_weight
from tests.methods.every import IDS, attached, logits, method, plain, train
from tests.methods.test_lorma import GEMMA, LLAMA
from tests.methods.test_updates import IN, OUT, RANK, adapted

INNER = {
    "dora": Lora(rank=RANK, alpha=8.0),
    "dorma pre": LormaPlus(rank=RANK, alpha=8.0, order="pre"),
    "dorma post": LormaPlus(rank=RANK, alpha=8.0, order="post"),
}


def pair(inner: Update) -> tuple[AdaptedLinear, AdaptedLinear]:
    """A decomposed and a plain adapted map with the same values, W included."""
    layer, bare = adapted(Magnitude(inner=inner)), adapted(inner)
    bare.base = layer.base
    for name, tensor in bare.adapter.items():
        tensor.copy_(layer.adapter[name])
    return layer, bare


def test_equals_the_dora_of_peft() -> None:
    """HF PEFT with the same A, B and m: the same logits and gradients, and merged weights."""
    peft: Any = pytest.importorskip("peft")
    ours = attached(method("dora", rank=4, alpha=32), "tiny_llama")
    train(ours, 3)
    parts = ["q_proj", "v_proj"]
    config = peft.LoraConfig(r=4, lora_alpha=32, target_modules=parts, use_dora=True)
    theirs = peft.get_peft_model(plain("tiny_llama").model, config)
    kinds = {"A": "A", "B": "B", "magnitude_vector": "m"}
    same = {}
    for name, parameter in theirs.named_parameters():
        path, _, kind = name.removeprefix("base_model.model.").partition(".lora_")
        if kind:
            same[f"{path}.adapter.{kinds[kind.split('.')[0]]}"] = parameter
    trained = ours.trained()
    assert same.keys() == trained.keys()
    with torch.no_grad():
        for name, parameter in same.items():
            parameter.copy_(trained[name])
        start = plain("tiny_llama").model(input_ids=IDS).logits
    expected = theirs(input_ids=IDS).logits
    assert not torch.allclose(expected, start, atol=1e-2)
    found = logits(ours)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    for output in (found, expected):
        output.logsumexp(-1).mean().backward()
    for name, parameter in same.items():
        torch.testing.assert_close(trained[name].grad, parameter.grad, atol=1e-6, rtol=1e-4)
    assert ours.merge() is None
    folded = theirs.merge_and_unload().state_dict()
    for name, weight in ours.model.state_dict().items():
        torch.testing.assert_close(weight, folded[name], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("shapes", "blocks", "rank", "printed"), [(GEMMA, 18, 4, 5_612_544), (LLAMA, 32, 8, 17_432_576)]
)
def test_published_sizes(
    shapes: list[tuple[int, int]], blocks: int, rank: int, printed: int
) -> None:
    """DoRA in LoRMA, Table 4: 5.6M on Gemma 2B, 17.4M on LLaMA 3 8B."""
    update = Magnitude(inner=Lora(rank=rank, alpha=8.0))
    assert blocks * sum(update.count(o, i) for o, i in shapes) == printed


@pytest.mark.parametrize("name", INNER)
def test_starts_at_the_base_map_with_the_norms_of_its_rows(name: str) -> None:
    """M is ‖W‖ row by row, and nothing is changed yet."""
    layer = adapted(Magnitude(inner=INNER[name]), moved=False)
    W = dense_weight(layer.base)
    torch.testing.assert_close(layer.adapter["m"], W.square().sum(1).sqrt())
    torch.testing.assert_close(layer.merge().weight, W, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", INNER)
def test_with_the_norms_of_the_inner_weight_it_is_the_inner_update(name: str) -> None:
    """M = ‖V‖ gives V: forward with its bias, and merged. Otherwise the rows have norm m."""
    layer, bare = pair(INNER[name])
    x = torch.randn(5, IN)
    V = bare.merge().weight
    torch.testing.assert_close(layer.merge().weight.norm(dim=1), layer.adapter["m"])
    assert not torch.allclose(layer(x), bare(x), atol=1e-2)
    layer.adapter["m"].copy_(V.norm(dim=1))
    torch.testing.assert_close(layer(x), bare(x), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(layer.merge().weight, V, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", INNER)
def test_a_row_of_zeros_stays_zero(name: str) -> None:
    """A sparse base may have one: its norm is 0, and nothing becomes NaN, forward or backward."""
    generator = torch.Generator().manual_seed(0)
    base = torch.nn.Linear(IN, OUT)
    with torch.no_grad():
        base.weight[3] = 0.0
    layer = AdaptedLinear(base, Magnitude(inner=INNER[name]), generator)
    y = layer(torch.randn(5, IN, generator=generator))
    y.square().sum().backward()
    assert y.isfinite().all()
    assert all(t.grad is None or t.grad.isfinite().all() for t in layer.adapter.values())
    assert layer.merge().weight.isfinite().all()


@pytest.mark.parametrize("name", INNER)
def test_bf16_keeps_small_changes_of_the_norms(name: str) -> None:
    """On bf16 weights under autocast a factor of 1.003 is not lost, nor is the output fp32."""
    layer, bare = pair(INNER[name])
    layer.base.to(torch.bfloat16)
    layer.adapter["m"].copy_(1.003 * bare.merged().norm(dim=1))
    x = torch.randn(4096, IN, generator=torch.Generator().manual_seed(1)).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y, z = layer(x), bare(x)
    assert y.dtype == torch.bfloat16
    b = layer.base.bias
    assert b is not None
    grown = (y - b).double().norm(dim=0) / (z - b).double().norm(dim=0)
    torch.testing.assert_close(grown, torch.full_like(grown, 1.003), atol=5e-4, rtol=0)
