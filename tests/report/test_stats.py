"""Statistics over seeds against numpy and against sums done by hand."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest

from bench.report import stats


def test_hand_computed():
    """(2, 4, 4, 4, 5, 5, 7, 9): mean 40/8, squared deviations 32, 32/7 under the root."""
    values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]
    assert stats.mean(values) == 5.0
    assert stats.sample_std(values) == pytest.approx(2.138089935299395, abs=1e-15)


@pytest.mark.parametrize("count", [2, 3, 10, 100])
def test_equals_numpy_with_n_minus_1(count):
    values = list(np.random.default_rng(count).normal(69.0, 0.5, count))
    assert stats.mean(values) == pytest.approx(np.mean(values), rel=1e-14)
    assert stats.sample_std(values) == pytest.approx(np.std(values, ddof=1), rel=1e-12)


def test_order_changes_no_bit():
    """Plain left-to-right sums of these values differ with their order."""
    values = [1e16, 1.0, -1e16, 1.0, 0.1]
    assert reduce(add, values) != reduce(add, sorted(values))
    assert stats.mean(values) == stats.mean(sorted(values))
    assert stats.sample_std(values) == stats.sample_std(sorted(values))


def test_too_few_values_are_an_error():
    with pytest.raises(ValueError, match="no values"):
        stats.mean([])
    with pytest.raises(ValueError, match="needs two values, not 1"):
        stats.sample_std([1.0])
