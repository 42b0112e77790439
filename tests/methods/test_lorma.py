"""LoRMA's own claims: sizes, the two forms of permutation inflation, truncation, dropout."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from bench.errors import ConfigError, NotLowRankError
from bench.methods.base import Update
from bench.methods.complete import Complete
from bench.methods.lorma import LormaPlus
from bench.methods.lorma_none import LormaNone
from bench.methods.lorma_pi import LormaPi
from bench.models.dense import dense_weight
from bench.tensors.circulant import cheaper_form
from tests.methods.every import method
from tests.methods.test_updates import IN, OUT, RANK, adapted, rotated_right

GEMMA = [(2048, 2048)] * 2 + [(256, 2048)] * 2 + [(16384, 2048)] * 2 + [(2048, 16384)]
"""Gemma 2B: query, output, key, value, gate, up, down of one of 18 blocks."""

LLAMA = [(14336, 4096)] * 2 + [(4096, 14336), (4096, 4096)]
"""LLaMA 3 8B: up, gate, down, output of one of 32 blocks."""


def drawn(*shape: int) -> Tensor:
    """Fixed normal values in fp64."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)


@pytest.mark.parametrize(
    ("shapes", "blocks", "rank", "pre", "post"),
    [(GEMMA, 18, 4, 5_677_056, 4_128_768), (LLAMA, 32, 8, 18_874_368, 13_631_488)],
)
def test_published_sizes(
    shapes: list[tuple[int, int]], blocks: int, rank: int, pre: int, post: int
) -> None:
    """LoRMA, Table 4, prints 5.67M and 18.8M (order=pre); the other order has another size."""
    for kind in (LormaPlus, LormaPi, LormaNone):
        for order, expected in (("pre", pre), ("post", post)):
            update = kind(rank=rank, alpha=8.0, order=order)  # type: ignore[arg-type]
            assert blocks * sum(update.count(o, i) for o, i in shapes) == expected


@pytest.mark.parametrize("d", [12, 15])
@pytest.mark.parametrize("form", ["matrix", "fft"])
def test_both_forms_of_lorma_pi_follow_the_definition(form: Any, d: int) -> None:
    """(s·I_pi(B A) − I) x with rows rotated one by one, and its gradients, for odd and even d."""
    update = LormaPi(rank=RANK, alpha=8.0, form=form)
    t = {"A": drawn(RANK, d).requires_grad_(), "B": drawn(d, RANK).requires_grad_()}
    x = drawn(2, 5, d).requires_grad_()
    weights = drawn(2, 5, d)
    T = 8.0 / RANK * rotated_right(t["B"] @ t["A"])
    expected = x @ (T - torch.eye(d)).mT
    found = update.change(x, t)
    torch.testing.assert_close(found, expected)
    leaves = [x, t["A"], t["B"]]
    wanted = torch.autograd.grad((expected * weights).sum(), leaves)
    torch.testing.assert_close(torch.autograd.grad((found * weights).sum(), leaves), wanted)


def test_the_choice_of_form_is_what_was_measured() -> None:
    """The faster form of measurements on an Intel Xeon (CPU) and an H100 (GPU)."""
    faster = {
        (576, 4, 16, False): "fft", (576, 4, 512, False): "matrix",
        (192, 8, 128, False): "matrix", (2048, 4, 512, False): "fft",
        (4096, 4, 2048, True): "matrix", (14336, 4, 512, True): "fft",
        (14336, 4, 8192, True): "matrix",
    }  # fmt: skip
    assert {c: cheaper_form(*c[:3], gpu=c[3]) for c in faster} == faster


@pytest.mark.parametrize("order", ["pre", "post"])
def test_unscaled_lorma_pi_is_equation_7_literally(order: Any) -> None:
    """I_pi(B A) W without s, from B with a first column of 1 and A[0, 0] = 1, whatever alpha is."""
    update = LormaPi(rank=RANK, alpha=8.0, order=order, scaled=False)
    start = update.tensors(torch.empty(OUT, IN), torch.Generator().manual_seed(0))
    assert torch.equal(start["B"][:, 0], torch.ones_like(start["B"][:, 0]))
    assert start["A"][0, 0] == start["A"].sum() == 1
    layer = adapted(update)
    W, T = dense_weight(layer.base), rotated_right(layer.adapter["B"] @ layer.adapter["A"])
    expected = T @ W if order == "pre" else W @ T
    torch.testing.assert_close(layer.merge().weight, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rank", [1, 2, RANK])
def test_truncated_lorma_pi_keeps_the_identity(rank: int) -> None:
    """The first components start at T = I; then those behind the first count alpha / rank."""
    update = LormaPi(rank=RANK, alpha=8.0)
    start = update.tensors(torch.empty(OUT, IN), torch.Generator().manual_seed(0))
    change = update.difference(update.truncated(start, rank))
    torch.testing.assert_close(change, torch.zeros(OUT, OUT), atol=1e-6, rtol=0)
    A, B = drawn(RANK, OUT), drawn(OUT, RANK)
    product = 8.0 / RANK * B[:, :1] @ A[:1] + 8.0 / rank * B[:, 1:rank] @ A[1:rank]
    found = update.difference(update.truncated({"A": A, "B": B}, rank))
    torch.testing.assert_close(found, rotated_right(product) - torch.eye(OUT))


@pytest.mark.parametrize("order", ["pre", "post"])
def test_without_inflation_the_rank_collapses(order: Any) -> None:
    """T starts as an orthogonal projection of rank r, and W' has at most rank r behind it."""
    update = LormaNone(rank=RANK, alpha=8.0, order=order)
    t = update.tensors(torch.empty(OUT, IN), torch.Generator().manual_seed(0))
    P = 8.0 / RANK * t["B"] @ t["A"]
    torch.testing.assert_close(P @ P, P, atol=1e-6, rtol=0)
    torch.testing.assert_close(P, P.mT, atol=1e-6, rtol=0)
    torch.testing.assert_close(P.trace(), torch.tensor(float(RANK)))
    layer = adapted(update)
    W, T = dense_weight(layer.base), 8.0 / RANK * layer.adapter["B"] @ layer.adapter["A"]
    merged = layer.merge()
    expected = T @ W if order == "pre" else W @ T
    torch.testing.assert_close(merged.weight, expected, atol=1e-5, rtol=1e-5)
    assert torch.linalg.matrix_rank(merged.weight, rtol=1e-5) == RANK
    x = torch.randn(2, 5, IN)
    torch.testing.assert_close(merged(x), layer(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("zero", ["A", "B"])
def test_one_factor_of_lorma_plus_starts_at_zero(zero: Any) -> None:
    """B in the paper, A in the official GPT-2 script; the other is within ±1/√fan_in."""
    update = LormaPlus(rank=RANK, alpha=8.0, zero=zero)
    t = update.tensors(torch.empty(OUT, IN), torch.Generator().manual_seed(0))
    other = t["B" if zero == "A" else "A"]
    assert t[zero].count_nonzero() == 0
    assert 0.8 * other.shape[1] ** -0.5 < other.abs().max() <= other.shape[1] ** -0.5


@pytest.mark.parametrize("order", ["pre", "post"])
def test_dropout_of_the_whole_layer(order: Any) -> None:
    """drop_frozen_path drops x once, for the frozen product too: the rest is as without it."""
    update = LormaPlus(rank=RANK, alpha=8.0, order=order, drop_frozen_path=True, dropout=0.5)
    layer = adapted(update).train()
    x = torch.randn(6, IN)
    torch.manual_seed(3)
    found = layer(x)
    torch.manual_seed(3)
    dropped = torch.nn.functional.dropout(x, 0.5)
    torch.testing.assert_close(found, layer.eval()(dropped))


@pytest.mark.parametrize(
    "update", [LormaPi(rank=2, alpha=4), LormaNone(rank=2, alpha=4), Complete()]
)
def test_what_is_not_thin_says_so(update: Update) -> None:
    """No two thin matrices stand for W' − W, and the reason is one sentence with the name."""
    with pytest.raises(NotLowRankError, match=rf"^{update.key}: .*full rank"):
        update.low_rank(torch.empty(OUT, IN), {})


def test_settings_that_exclude_each_other() -> None:
    """A gate of importance starts at zero itself, so that zero=A would say nothing."""
    with pytest.raises(ConfigError, match=r"zero=A: gate=importance .*; set zero=B"):
        method("adalorma", zero="A")
