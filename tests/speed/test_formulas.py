"""Rates against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from bench.speed.formulas import differences, step_ms, tokens_per_second, utilisation


def test_the_rate_is_that_of_the_median_pass() -> None:
    """600 tokens in 0.1, 0.2 and 9 seconds: 3,000 a second, and one slow pass moves nothing."""
    assert tokens_per_second(600, [0.2, 9.0, 0.1]) == pytest.approx(3000.0)


def test_a_step_is_its_share_of_the_median_pass() -> None:
    """Five steps in 0.4 and 0.6 seconds, 0.5 in the middle: 100 ms each."""
    assert step_ms(5, [0.4, 0.6]) == pytest.approx(100.0)


def test_utilisation_counts_four_operations_for_a_value_and_a_token() -> None:
    """355M values at 10,000 tokens/s are 14.2 Tflop/s, 1.42 % of 1 Pflop/s."""
    assert utilisation(355_000_000, 10_000.0, 1e15) == pytest.approx(0.0142)


def test_differences_are_relative_to_the_larger_loss() -> None:
    """2 and 2.5 are a fifth apart, whichever comes first; equal ones not at all."""
    assert differences([2.5, 2.0, 0.0], [2.0, 2.5, 0.0]) == pytest.approx([0.2, 0.2, 0.0])


def test_a_loss_that_is_no_number_agrees_with_nothing_finite() -> None:
    """NaN on either side is infinitely far, and so is one infinite loss."""
    assert differences([math.nan, 1.0], [1.0, math.nan]) == [math.inf, math.inf]
    assert not differences([math.inf], [1.0])[0] < 1.0
