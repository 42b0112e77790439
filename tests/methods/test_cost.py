"""Multiply-accumulates against the paper's table and against torch's counter."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from bench.attach.linear import AdaptedLinear
from bench.methods.compose import method_from
from bench.methods.cost import attention_macs
from bench.models.parts import Part
from bench.models.shape import ATTENTION, Shape
from tests.methods.every import FILES, method

GPT2_MEDIUM = Shape(blocks=24, width=1024, linears=dict.fromkeys(ATTENTION, (1024, 1024)))

TABLE_2: list[tuple[str | None, dict[str, Any], bool, float]] = [
    (None, {}, True, 75.5),
    ("lora", {}, True, 75.5),
    ("lora", {}, False, 75.9),
    ("loda", {}, True, 75.9),
    ("loda", {"sparse": {"keep": 0.6}}, True, 45.7),
    ("loda", {"sparse": {"keep": 0.5}}, True, 38.1),
    ("loda", {"low_rank": {"rank": 500}}, True, 49.5),
    ("loda", {"low_rank": {"rank": 400}}, True, 39.7),
    ("loda", {"low_rank": {"rank": 300}}, True, 29.9),
    ("loda_plus", {}, True, 76.1),
    ("loda_plus", {"sparse": {"keep": 0.6}}, True, 45.9),
    ("loda_plus", {"sparse": {"keep": 0.5}}, True, 38.3),
    ("loda_plus", {"low_rank": {"rank": 500}}, True, 49.7),
    ("loda_plus", {"low_rank": {"rank": 400}}, True, 39.9),
    ("loda_plus", {"low_rank": {"rank": 300}}, True, 30.1),
]
"""LoDA (MERL TR2025-130), Table 2 and its caption: update, base, merged if possible, millions."""


@pytest.mark.parametrize(("name", "base", "merged", "millions"), TABLE_2)
def test_table_2(name: str | None, base: dict[str, Any], merged: bool, millions: float) -> None:
    """Every figure of the paper to its printed digit: GPT-2 medium, query and value, rank 4."""
    trained = {"update": name, "rank": 4, "alpha": 32} if name else {"select": "everything"}
    composed = method_from(
        {
            "name": "table",
            "parts": ["query", "value"] if name else [],
            "base": base,
            "optimizer": {"lr": 1e-3},
            **trained,
        }
    )
    macs = attention_macs(GPT2_MEDIUM, composed, merged=merged)
    assert round(macs / 1e6, 1) == millions


def test_merging_makes_a_cheap_weight_dense() -> None:
    """LoRA on 500 singular values: merged query and value cost d² each, key stays R (d + d)."""
    composed = method("lora", base={"low_rank": {"rank": 500}})
    block = 2 * 1024**2 + 500 * (1024 + 1024)
    assert attention_macs(GPT2_MEDIUM, composed, merged=True) == 24 * block


def test_maps_of_another_height_count_as_they_are() -> None:
    """Grouped queries: o·i of each map, r (o + i) beside the two that are adapted."""
    linears: dict[Part, tuple[int, int]] = {"query": (48, 48), "key": (24, 48), "value": (24, 48)}
    shape = Shape(blocks=2, width=48, linears=linears)
    found = attention_macs(shape, method("lora", rank=2), merged=False)
    assert found == 2 * (48 * 96 + 2 * (48 + 48) + 2 * (24 + 48))


ELEMENTWISE = {
    "adalora": "a gate on each component",
    "adalorma": "a gate on each component",
    "adapter_h": "biases",
    "adapter_l": "biases, and the weight and bias of a layer norm",
    "autolora": "a gate on each component",
    "autolorma": "a gate on each component",
    "dora": "a factor for each row",
    "dorma": "a factor for each row",
    "svft_p": "a factor for each singular value",
}
"""Methods that count more than matrix products, which are all that torch counts; and what."""

FORMS = {"lorma_pi": {"form": "matrix"}}
"""The form that is counted, where the number of tokens decides between two."""


UPDATES = [name for name in FILES if method(name).update is not None]


@pytest.mark.parametrize("name", UPDATES)
def test_every_update_states_its_matrix_products(name: str) -> None:
    """`macs` is what torch counts for one token more, less o·i; work once a batch drops out."""
    update = method(name, **FORMS.get(name, {})).update
    assert update is not None
    o, i = 24, 48
    layer = AdaptedLinear(nn.Linear(i, o), update, torch.Generator().manual_seed(0)).eval()
    counted = []
    for tokens in (3, 4):
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            layer(torch.randn(tokens, i))
        counted.append(counter.get_total_flops() // 2)
    products = counted[1] - counted[0] - o * i
    if name in ELEMENTWISE:
        assert products < update.macs(o, i) <= products + 4 * (o + i)
    else:
        assert update.macs(o, i) == products
