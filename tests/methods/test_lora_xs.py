"""LoRA-XS against the best low-rank approximation, and the counts that its paper prints."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch

from bench.errors import ConfigError
from bench.methods.lora_xs import LoraXs

FACTORS = ("A", "B")


def weight() -> torch.Tensor:
    """A random (12, 20) matrix."""
    return torch.randn(12, 20, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("rank", "maps", "unit", "printed"),
    [(16, 24 * 4, 1e3, 24.6), (25, 24 * 4, 1e3, 60.0), (128, 32 * 7, 1e6, 3.67)],
)
def test_counts_of_the_paper(rank: int, maps: int, unit: float, printed: float) -> None:
    """24.6K and 60K on RoBERTa large (four maps a block), 3.67M on LLaMA-3-8B (seven)."""
    update = LoraXs(rank=rank, alpha=16)
    assert update.count(1024, 1024) == update.count(4096, 1024)
    assert float(f"{update.count(1024, 1024) * maps / unit:.3g}") == printed


@pytest.mark.parametrize("factor", FACTORS)
def test_factors_are_the_best_approximation(factor: Literal["A", "B"]) -> None:
    """With R = I and s = 1, W − B A has the singular values that were left out (Eckart-Young)."""
    update = LoraXs(rank=4, alpha=4, singular_values=factor)
    t = update.tensors(weight(), torch.Generator().manual_seed(0))
    rest = weight() - update.merged(torch.zeros(12, 20), {**t, "R": torch.eye(4)})
    sigma = np.linalg.svd(weight().numpy(), compute_uv=False)
    left = np.linalg.svd(rest.numpy(), compute_uv=False)
    np.testing.assert_allclose(left[:8], sigma[4:], atol=1e-5)
    np.testing.assert_allclose(left[8:], 0, atol=1e-5)


@pytest.mark.parametrize("factor", FACTORS)
def test_side_of_the_singular_values(factor: Literal["A", "B"]) -> None:
    """The named factor has rows or columns of length σ, the other is orthonormal."""
    t = LoraXs(rank=4, alpha=4, singular_values=factor).tensors(weight(), torch.Generator())
    grams = {"A": t["A"] @ t["A"].mT, "B": t["B"].mT @ t["B"]}
    sigma = torch.from_numpy(np.linalg.svd(weight().numpy(), compute_uv=False)[:4])
    torch.testing.assert_close(grams.pop(factor), torch.diag(sigma**2), atol=1e-4, rtol=0)
    (other,) = grams.values()
    torch.testing.assert_close(other, torch.eye(4), atol=1e-5, rtol=0)


def test_equation_and_export() -> None:
    """W' = W + s·B R A with s = alpha / rank, and the factors' product is the difference."""
    update = LoraXs(rank=4, alpha=10)
    t = update.tensors(weight(), torch.Generator().manual_seed(0))
    t["R"] = torch.randn(4, 4, generator=torch.Generator().manual_seed(1))
    expected = 2.5 * t["B"] @ t["R"] @ t["A"]
    torch.testing.assert_close(update.merged(weight(), t) - weight(), expected, atol=1e-5, rtol=0)
    up, down = update.low_rank(weight(), t)
    torch.testing.assert_close(up @ down, expected, atol=1e-5, rtol=0)


def test_start() -> None:
    """R is N(0, 1e-5²), which moves W a little; with std=0 W' is W exactly."""
    R = LoraXs(rank=100, alpha=1).tensors(torch.randn(100, 100), torch.Generator())["R"]
    assert R.std().item() == pytest.approx(1e-5, rel=0.03)
    still = LoraXs(rank=4, alpha=16, std=0.0)
    t = still.tensors(weight(), torch.Generator())
    assert torch.equal(still.merged(weight(), t), weight())
    assert not still.lacks


def test_rank_beyond_the_weight() -> None:
    """There are no more singular vectors than rows."""
    with pytest.raises(ConfigError, match="set at most 12"):
        LoraXs(rank=13, alpha=1).tensors(weight(), torch.Generator())
