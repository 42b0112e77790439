"""The training loss as a record keeps it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bench.training.curve import STRETCHES, curve_of


def test_the_area_is_that_of_every_step() -> None:
    """Trapezoids between steps that are one apart: (4+2)/2 + (2+1)/2."""
    assert curve_of([4.0, 2.0, 1.0]) == {"steps": 3, "area": 4.5, "loss": "4 2 1"}


@pytest.mark.parametrize("steps", [100, 101, 250, 26_290])
def test_many_steps_are_stretches_of_equal_length(steps: int) -> None:
    """A line keeps its ends; no stretch is longer than another by more than a step."""
    curve = curve_of([float(step) for step in range(steps)])
    means = [float(one) for one in curve["loss"].split()]
    assert len(means) == STRETCHES
    assert curve["area"] == pytest.approx((steps - 1) ** 2 / 2)
    gaps = [later - earlier for earlier, later in pairwise(means)]
    assert min(gaps) > 0
    assert max(gaps) - min(gaps) <= 1 + steps * 1e-5


def test_no_steps_have_no_curve() -> None:
    """Where nothing is trained there is none; a single step has no area."""
    assert curve_of([]) == {}
    assert curve_of([2.5]) == {"steps": 1, "area": 0.0, "loss": "2.5"}
