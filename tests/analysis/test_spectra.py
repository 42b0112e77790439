"""Rank, effective rank and energy against numpy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from bench.analysis.spectra import doubling, effective_rank, energy_kept, numerical_rank


def spectrum(matrix: torch.Tensor) -> torch.Tensor:
    return torch.linalg.svdvals(matrix)


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e6])
def test_rank_is_torchs_for_fp32_whatever_the_scale(factor: float) -> None:
    """Singular values of 1, 1e-3, 1e-7 at 48: the threshold is 48 · 1.19e-7 = 5.7e-6."""
    generator = torch.Generator().manual_seed(0)
    Q, _ = torch.linalg.qr(torch.randn(48, 3, generator=generator, dtype=torch.float64))
    P, _ = torch.linalg.qr(torch.randn(32, 3, generator=generator, dtype=torch.float64))
    M = factor * Q @ torch.diag(torch.tensor([1.0, 1e-3, 1e-7], dtype=torch.float64)) @ P.mT
    assert numerical_rank(spectrum(M), M.shape) == 2
    tolerance = 48 * np.finfo(np.float32).eps * factor
    assert np.linalg.matrix_rank(M.numpy(), tol=tolerance) == 2
    assert int(torch.linalg.matrix_rank(M.float())) == 2
    assert int(torch.linalg.matrix_rank(M)) == 3


def test_effective_rank_of_equal_and_of_unequal_values() -> None:
    """n equal values count n; shares ½, ¼, ¼ have an entropy of 1.5 bits, 2^1.5."""
    assert effective_rank(torch.full((7,), 3.0, dtype=torch.float64)) == pytest.approx(7)
    shares = torch.tensor([2.0, 1.0, 1.0], dtype=torch.float64)
    assert effective_rank(shares) == pytest.approx(2**1.5)


def test_energy_is_that_of_the_best_approximation() -> None:
    """The share by singular values is 1 − ‖M − M_R‖² / ‖M‖² for numpy's truncation M_R."""
    M = np.random.default_rng(0).standard_normal((9, 6))
    left, values, right = np.linalg.svd(M, full_matrices=False)
    kept = energy_kept(torch.from_numpy(values))
    for rank in range(1, 7):
        cut = (left[:, :rank] * values[:rank]) @ right[:rank]
        expected = 1 - np.linalg.norm(M - cut) ** 2 / np.linalg.norm(M) ** 2
        assert float(kept[rank - 1]) == pytest.approx(expected)


def test_a_zero_matrix_has_no_rank() -> None:
    """An untrained update."""
    values = torch.zeros(4, dtype=torch.float64)
    assert numerical_rank(values, torch.Size((4, 4))) == 0
    assert effective_rank(values) == 0
    assert energy_kept(values).tolist() == [1.0] * 4


@pytest.mark.parametrize("count", [1, 2, 24, 48, 64])
def test_doubling_ends_at_the_count(count: int) -> None:
    """Powers of two up to it, and itself."""
    found = doubling(count)
    assert found[-1] == count
    assert found[:-1] == [2**n for n in range(math.ceil(math.log2(count)))]
