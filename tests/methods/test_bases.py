"""Transforms of the frozen weights: what they keep, and how they go with updates."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.errors import ConfigError
from bench.methods.base import Base
from bench.models.approximate import LowRankLinear, keep_largest, truncate
from bench.models.dense import dense_weight
from bench.models.energy import energy_of_fraction, energy_of_rank
from bench.models.parts import linears
from bench.models.quantise import FourBitLinear, missing
from bench.models.shape import ATTENTION
from tests.methods.every import MODELS, attached, logits, method, plain, train

NF4 = [
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
    0.7229568362236023, 1.0,
]  # fmt: skip
"""QLoRA (arXiv 2305.14314), appendix E: the levels of NF4."""


def weight(o: int = 30, i: int = 20) -> Tensor:
    """A matrix whose columns become smaller."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(o, i, generator=generator) * torch.linspace(2, 0.1, i)


def blocks(model: str, *bases: Base) -> list[Tensor]:
    """[Wq; Wk; Wv] of both blocks of a tiny model behind the transforms."""
    bare = plain(model).model
    for base in bases:
        base.transform(bare)
    found = [dense_weight(place.linear).detach() for place in linears(bare, ATTENTION)]
    return [torch.cat(found[:3]), torch.cat(found[3:])]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("base", [{"sparse": {"keep": 1.0}}, {"low_rank": {"rank": 48}}])
def test_keeping_all_is_the_plain_method(base: dict[str, Any], model: str) -> None:
    """keep = 1 and the full rank give the logits of LoDA itself, also for grouped queries."""
    with torch.no_grad():
        alone = logits(attached(method("loda"), model))
        whole = logits(attached(method("loda", base=base), model))
    torch.testing.assert_close(whole, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("model", MODELS)
def test_sparse_keeps_the_largest_of_the_three_weights_together(model: str) -> None:
    """As numpy sorts the whole block: the fraction is that of all three, not of each."""
    for before, after in zip(blocks(model), blocks(model, *method("s_loda").base), strict=True):
        W = before.numpy()
        kept = round(0.4 * W.size)
        limit = np.sort(np.abs(W), axis=None)[-kept]
        assert int((after != 0).sum()) == kept
        np.testing.assert_array_equal(after.numpy(), np.where(np.abs(W) >= limit, W, 0))


def test_sparse_keeps_the_stated_number_among_equals() -> None:
    """bf16 has few distinct magnitudes; the number that stays is exact nevertheless."""
    pruned = keep_largest(torch.tensor([[1.0, -1.0, 1.0], [-1.0, 0.5, 2.0]]), 0.5)
    assert pruned.tolist() == [[1.0, -1.0, 0.0], [0.0, 0.0, 2.0]]


@pytest.mark.parametrize("model", MODELS)
def test_low_rank_is_numpys_truncated_svd_of_the_three_weights_together(model: str) -> None:
    """The best approximation of rank 16 of each block."""
    for before, after in zip(blocks(model), blocks(model, *method("r_loda").base), strict=True):
        U, S, V = np.linalg.svd(before.double().numpy(), full_matrices=False)
        best = U[:, :16] * S[:16] @ V[:16]
        np.testing.assert_allclose(after.numpy(), best, atol=1e-6, rtol=0)


def test_low_rank_stores_the_shared_factor_once() -> None:
    """R (d + 3 d) values stand in a block for 3 d², one of the factors for all three maps."""
    bare = plain("tiny_gpt2").model
    method("r_loda").base[0].transform(bare)
    maps = [place.linear for place in linears(bare, ATTENTION) if place.block == 0]
    assert all(isinstance(linear, LowRankLinear) for linear in maps)
    stored = {p.data_ptr(): p.numel() for m in maps for p in m.parameters() if p.dim() == 2}
    assert sum(stored.values()) == 16 * (48 + 3 * 48)


def test_energy_is_the_share_of_squares() -> None:
    """Both curves of Figure 2, as numpy has them, and the factors' own share."""
    W = weight()
    S = np.linalg.svd(W.double().numpy(), compute_uv=False) ** 2
    squares = np.sort(W.double().numpy().ravel() ** 2)[::-1]
    for rank, fraction in ((1, 0.1), (7, 0.4), (20, 1.0)):
        assert energy_of_rank(W, rank) == pytest.approx(S[:rank].sum() / S.sum(), abs=1e-12)
        share = squares[: round(fraction * W.numel())].sum() / squares.sum()
        assert energy_of_fraction(W, fraction) == pytest.approx(share, abs=1e-12)
    up, down = truncate(W, 7)
    assert (up @ down).norm() ** 2 / W.norm() ** 2 == pytest.approx(energy_of_rank(W, 7), abs=1e-6)


def test_a_transformed_base_merges_with_an_update() -> None:
    """R-LoRA: the product of factors plus s·B A is a plain weight; the key keeps its factors."""
    made = attached(method("lora", base={"low_rank": {"rank": 16}}), "tiny_llama")
    train(made, 3)
    with torch.no_grad():
        before = logits(made)
        assert made.merge() is None
        torch.testing.assert_close(logits(made), before, atol=1e-5, rtol=0)
    kinds = [type(place.linear).__name__ for place in linears(made.model, ATTENTION)]
    assert kinds == ["Linear", "LowRankLinear", "Linear"] * 2


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ({"sparse": {"keep": 0.0}}, r"method\.base\.sparse\.keep=0\.0"),
        ({"sparse": {"keep": 1.5}}, r"method\.base\.sparse\.keep=1\.5"),
        ({"low_rank": {"rank": 0}}, r"method\.base\.low_rank\.rank=0"),
        ({"low_rank": {"rank": 49}}, r"method\.base\.low_rank\.rank=49.* 144 x 48.* 1 to 48"),
        ({"low_rank": {"rank": 8}, "sparse": {"keep": 0.5}}, r"method\.base\.sparse: .*before"),
    ],
)
def test_what_cannot_be_is_refused(base: dict[str, Any], message: str) -> None:
    """One line that names the key; options are checked before any model is there."""
    with pytest.raises(ConfigError, match=message):
        attached(method("lora", base=base), "tiny_gpt2")


def test_without_bitsandbytes_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal names the reason and the extra."""
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    base = method("qlora").base[0]
    with pytest.raises(ConfigError, match=r"method\.base\.four_bit: .*bench\[quantization\]"):
        base.transform(plain("tiny_gpt2").model)


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
@pytest.mark.parametrize("shape", [(48, 48), (24, 48), (10, 64), (5, 7)])
def test_four_bit_rounds_to_the_levels_of_the_paper(shape: tuple[int, int]) -> None:
    """Each weight is the nearest level times its block's largest magnitude, kept in 8 bit."""
    W = weight(*shape)
    flat = np.pad(W.numpy().ravel(), (0, -W.numel() % 64)).reshape(-1, 64)
    scale = np.abs(flat).max(1, keepdims=True)
    codes = np.abs((flat / scale)[..., None] - np.array(NF4)).argmin(-1)
    packed = FourBitLinear(W, None)
    stored = packed.codes.numpy().ravel()
    np.testing.assert_array_equal(np.stack((stored >> 4, stored & 15), 1).ravel(), codes.ravel())
    levels = (np.array(NF4)[codes] * scale).ravel()[: W.numel()].reshape(shape)
    np.testing.assert_allclose(packed.dense().numpy(), levels, atol=0.02 * scale.max(), rtol=0)


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_four_bit_gradient_is_that_of_its_dense_weight() -> None:
    """Unpacked anew in the backward pass, it gives what autograd gives for a plain weight."""
    packed = FourBitLinear(weight(24, 48), torch.arange(24.0))
    x = torch.randn(3, 5, 48, generator=torch.Generator().manual_seed(1), requires_grad=True)
    y = torch.nn.functional.linear(x, packed.dense(), packed.bias)
    (expected,) = torch.autograd.grad(y.square().sum(), x)
    (found,) = torch.autograd.grad(packed(x).square().sum(), x)
    torch.testing.assert_close(packed(x), y)
    torch.testing.assert_close(found, expected)
