"""Aggregates over tasks, against scipy and against counting."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.report.overall import (
    average_ranks,
    estimate,
    interquartile_mean,
    probability_of_improvement,
)


def test_the_interquartile_mean_is_that_of_the_middle_half() -> None:
    """Of eight scores of two tasks: the four in the middle."""
    scores = np.array([[0.0, 9.0, 2.0, 3.0], [4.0, 5.0, 1.0, 80.0]])
    assert interquartile_mean(list(scores)) == 3.5
    assert interquartile_mean([np.stack([row, 2 * row]) for row in scores]).tolist() == [3.5, 7.0]
    values = np.random.Generator(np.random.PCG64(0)).normal(0, 1, 40)
    expected = stats.trim_mean(values, 0.25)
    assert interquartile_mean(list(values.reshape(5, 8))) == pytest.approx(expected)


def test_improvement_is_mann_and_whitneys_u() -> None:
    """Over the number of pairs, averaged over tasks; ties count half."""
    one = [np.array([1.0, 2.0, 2.0]), np.array([5.0, 6.0])]
    other = [np.array([2.0, 0.0]), np.array([5.0, 5.0, 7.0])]
    expected = np.mean([
        stats.mannwhitneyu(x, y).statistic / (len(x) * len(y))
        for x, y in zip(one, other, strict=True)
    ])  # fmt: skip
    assert probability_of_improvement(one, other) == pytest.approx(expected)
    assert probability_of_improvement(one, one) == 0.5


def test_ranks_are_averaged_over_tasks() -> None:
    """The highest score has rank 1; equals share theirs."""
    found = average_ranks({"a": [3.0, 1.0], "b": [2.0, 5.0], "c": [2.0, 0.0]})
    assert found == {"a": 1.5, "b": 1.75, "c": 2.75}


def test_an_interval_is_over_the_runs_of_each_task() -> None:
    """Of a mean: scipy's standard error; tasks whose runs agree add nothing to it."""
    runs = np.random.Generator(np.random.PCG64(1)).normal(0, 1, 50).tolist()
    found = estimate(lambda scores: np.mean(scores, axis=(0, -1)), [runs, [4.0] * 50])
    assert found.value == pytest.approx(np.mean(runs) / 2 + 2.0)
    width = (found.high - found.low) / (2 * 1.96)
    assert width == pytest.approx(stats.sem(runs) / 2, rel=0.1)
    same = estimate(interquartile_mean, [[1.0, 1.0], [1.0, 1.0]])
    assert (same.low, same.value, same.high) == (1.0, 1.0, 1.0)


def test_the_same_numbers_every_time() -> None:
    """Draws come from a stated seed; two methods are drawn apart."""
    one, other = [[1.0, 2.0, 3.0]], [[0.0, 2.0, 2.5]]
    first, second = (estimate(probability_of_improvement, one, other) for _ in range(2))
    assert first == second
    assert first.low < first.value < first.high
