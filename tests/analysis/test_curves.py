"""Area, smoothing and speed-up on curves whose values are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.analysis.curves import area, compare_curves, first_at_most, smoothed


def test_area_is_the_trapezoidal_rule() -> None:
    """numpy's, and the integral of a falling exponential to its second order."""
    losses = [math.exp(-step / 50) for step in range(501)]
    assert area(losses) == pytest.approx(float(np.trapezoid(losses)))
    assert area(losses) == pytest.approx(50 * (1 - math.exp(-10)), rel=1e-4)


def test_a_window_is_the_mean_of_the_last_steps() -> None:
    """numpy's convolution where the window is full; a window of 1 changes nothing."""
    losses = np.random.default_rng(0).random(30)
    assert smoothed(losses.tolist(), 1) == losses.tolist()
    full = np.convolve(losses, np.ones(5) / 5, "valid")
    assert smoothed(losses.tolist(), 5)[4:] == pytest.approx(full.tolist())
    assert smoothed([4.0, 2.0], 5) == [4.0, 3.0]


def test_a_curve_that_falls_three_times_as_fast() -> None:
    """exp(−3 t) is at exp(−t)'s last value after a third of the steps, with a third of its area."""
    slow = [math.exp(-step / 300) for step in range(900)]
    fast = [math.exp(-step / 100) for step in range(900)]
    found = compare_curves(fast, slow, 1)
    assert (found.reference_step, found.reached_step) == (900, 301)
    assert found.speed_up == pytest.approx(900 / 301)
    assert found.area_decrease_percent == pytest.approx(
        100 * (1 - (1 - math.exp(-9)) / (3 * (1 - math.exp(-3)))), abs=0.1
    )


def test_figure_6_measures_from_where_the_reference_is_lowest() -> None:
    """2.9 at step 1460 and 1.5 at step 2760 allow one step of LoRA's minimum, so one exists."""
    marks = [((2.85, 2.95), 1460), ((1.45, 1.55), 2760)]
    lowest = max(low * step for (low, _), step in marks)
    highest = min(high * step for (_, high), step in marks)
    assert lowest < highest
    reference = [1.0] * 4999
    reference[round(lowest + highest) // 2 - 1] = 0.1
    for (low, high), step in marks:
        run = [1.0] * (step - 1) + [0.05] * (4999 - step + 1)
        found = compare_curves(run, reference, 1)
        assert found.reached_step == step
        assert found.speed_up is not None
        assert low <= found.speed_up <= high


def test_never_reached_is_said() -> None:
    """Null, and areas over the steps that both have."""
    found = compare_curves([3.0, 2.0], [2.0, 1.0, 0.5], 1)
    assert (found.steps, found.reached_step, found.speed_up) == (2, None, None)
    assert found.area_decrease_percent == pytest.approx(100 * (1 - 2.5 / 1.5))
    assert first_at_most([3.0, 2.0, 2.0], 2.0) == 2
