"""The five measures against numpy, scipy, a hand-made angle, and Table 9's random column."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from bench.analysis.similarity import largest_angle, measures, take_apart


def drawn(shape: tuple[int, int], rank: int, seed: int, scale: float = 1.0) -> torch.Tensor:
    """A product of two Gaussian factors, with a spectral norm of about `scale`."""
    draws = np.random.default_rng(seed)
    product = draws.standard_normal((shape[0], rank)) @ draws.standard_normal((rank, shape[1]))
    return torch.from_numpy(scale * product / np.linalg.norm(product, 2))


def test_measures_are_the_definitions_written_out() -> None:
    """Distance, cosine and both spectra, in numpy."""
    W, L = drawn((12, 12), 12, 1).numpy(), drawn((12, 12), 3, 2).numpy()
    found = measures(take_apart(torch.from_numpy(W)), take_apart(torch.from_numpy(L)), 3)
    assert found.frobenius_distance == pytest.approx(math.sqrt(((W - L) ** 2).sum()))
    flat = W.ravel() @ L.ravel() / math.sqrt((W.ravel() ** 2).sum() * (L.ravel() ** 2).sum())
    assert found.cosine == pytest.approx(flat)
    values = [np.linalg.svd(M, compute_uv=False)[:3] for M in (W, L)]
    expected = ((values[0] - values[1]) ** 2).sum()
    assert found.singular_value_sq_diff == pytest.approx(expected)
    assert found.singular_value_distance == pytest.approx(math.sqrt(expected))
    top = [np.sort(np.linalg.eigvals(M))[::-1][:3] for M in (W, L)]
    expected = (abs(top[0] - top[1]) ** 2).sum()
    assert found.eigenvalue_sq_diff == pytest.approx(expected)
    assert found.eigenvalue_distance == pytest.approx(math.sqrt(expected))


@pytest.mark.parametrize("columns", [(2, 2), (2, 5), (5, 2)])
def test_angles_are_scipys(columns: tuple[int, int]) -> None:
    """scipy.linalg.subspace_angles, the largest first."""
    linear = pytest.importorskip("scipy.linalg")
    one, other = (drawn((20, 20), rank, seed) for seed, rank in enumerate(columns))
    found = measures(take_apart(one), take_apart(other), 2)
    whole = linear.subspace_angles(one.numpy(), other.numpy())[0]
    assert found.column_space_angle == pytest.approx(whole)
    leading = [np.linalg.svd(M.numpy())[0][:, :2] for M in (one, other)]
    assert found.principal_angle == pytest.approx(linear.subspace_angles(*leading)[0])


@pytest.mark.parametrize("angle", [1e-9, 0.3, math.pi / 2])
def test_a_known_angle_keeps_its_digits(angle: float) -> None:
    """A plane tilted about one of its axes; the cosine alone would lose 1e-9."""
    plane = torch.eye(4, dtype=torch.float64)[:, :2]
    tilted = plane.clone()
    tilted[1, 1], tilted[2, 1] = math.cos(angle), math.sin(angle)
    assert largest_angle(plane, tilted) == pytest.approx(angle, rel=1e-6)


def test_what_one_column_space_holds_is_at_no_angle() -> None:
    """An update of full rank, as LoRMA_π's, holds LoRA's column space: Table 9 prints 2e-6."""
    found = measures(take_apart(drawn((32, 24), 24, 3)), take_apart(drawn((32, 24), 2, 4)), 2)
    inside = measures(take_apart(drawn((24, 24), 24, 3)), take_apart(drawn((24, 24), 2, 4)), 2)
    assert inside.column_space_angle == pytest.approx(0, abs=1e-12)
    assert found.column_space_angle is not None
    assert found.column_space_angle > 0.1


def test_a_zero_update_has_no_direction() -> None:
    """Nothing is made up for the start of a run; a map that is not square has no eigenvalues."""
    found = measures(take_apart(torch.zeros(4, 3)), take_apart(drawn((4, 3), 1, 5, scale=2.0)), 1)
    assert (found.cosine, found.principal_angle, found.column_space_angle) == (None, None, None)
    assert (found.eigenvalue_sq_diff, found.eigenvalue_distance) == (None, None)
    assert found.frobenius_distance == pytest.approx(2.0)
    assert found.singular_value_distance == pytest.approx(2.0)


def test_random_matrices_are_those_of_table_9() -> None:
    """Layers 3 and 23 print, for d = 1024 and r = 8, what one more draw gives within its spread.

    Over draws the norm has a standard deviation of 0.7, the eigenvalues' distance one of 0.9.
    ΔW of LoRA is thin and small there: the singular values lie 0.4 to 0.6 below those of the
    random matrix alone.
    """
    d, r = 1024, 8
    random = torch.randn(d, d, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = measures(take_apart(random), take_apart(drawn((d, d), r, 6, scale=0.5)), r)
    for norm in (1024.27, 1022.40):
        assert found.frobenius_distance == pytest.approx(norm, abs=3)
    assert found.cosine == pytest.approx(0, abs=3 / d)
    for distance in (176.18, 175.67):
        assert found.singular_value_distance == pytest.approx(distance, abs=1.5)
    for distance in (89.07, 89.70):
        assert found.eigenvalue_distance == pytest.approx(distance, abs=2.7)
    assert found.principal_angle == pytest.approx(1.565, abs=0.015)
    # At fp32's tolerance the random matrix has a rank of 1023, and misses one direction.
    assert found.column_space_angle is not None
    assert found.column_space_angle < 2 * math.sqrt(r / d)
