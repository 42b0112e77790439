"""The bootstrap over items: against the formula of a mean's standard error, and scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap

from bench.metrics import resampling
from bench.metrics.resampling import Measure, additive, draws, mean_of, sampling_errors
from bench.metrics.scores import scores_of

ITEMS = np.random.Generator(np.random.PCG64(7)).normal(2.0, 3.0, 400)


def test_a_mean_has_the_standard_error_of_the_textbook() -> None:
    """sd / sqrt(n), within the 2.2 % that 1,000 resamples leave (three standard errors: 7 %)."""
    error = sampling_errors({"mean": mean_of(ITEMS)}, len(ITEMS))["mean"]
    assert error.std == pytest.approx(ITEMS.std() / np.sqrt(len(ITEMS)), rel=0.07)
    assert error.low < ITEMS.mean() < error.high


def test_the_interval_is_that_of_scipy() -> None:
    """The percentile interval of scipy.stats.bootstrap, other draws."""
    error = sampling_errors({"mean": mean_of(ITEMS)}, len(ITEMS))["mean"]
    theirs = bootstrap((ITEMS,), np.mean, n_resamples=4000, method="percentile", rng=1)
    spread = theirs.standard_error
    assert error.low == pytest.approx(theirs.confidence_interval.low, abs=0.2 * spread)
    assert error.high == pytest.approx(theirs.confidence_interval.high, abs=0.2 * spread)


def test_a_ratio_of_sums_is_resampled_as_a_ratio() -> None:
    """The ratio of the sums of a resample, not the mean of ratios."""
    statistics = np.array([[1.0, 2.0], [3.0, 3.0], [0.0, 5.0]])
    measure = additive(0.4, statistics, lambda sums: sums[..., 0] / sums[..., 1])
    counts = np.array([[1.0, 1.0, 1.0], [0.0, 3.0, 0.0], [2.0, 0.0, 1.0]])
    assert measure.resampled(counts) == pytest.approx([0.4, 1.0, 2 / 9])


def test_a_subset_is_a_corpus_of_its_own() -> None:
    """Value, items and resamples of items 0 and 2 of a ratio of sums."""
    statistics = np.array([[1.0, 2.0], [3.0, 3.0], [0.0, 5.0]])
    whole = additive(4 / 10, statistics, lambda s: s[..., 0] / s[..., 1], items=(0.5, 1.0, 0.0))
    part = whole.of_subset((0, 2), 3)
    assert (part.value, part.items) == (pytest.approx(1 / 7), (0.5, 0.0))
    assert part.resampled(np.array([[2.0, 0.0], [0.0, 1.0]])) == pytest.approx([0.5, 0.0])
    scores = scores_of({"ratio": whole}, 3, unavailable={"x": "why"}, subsets={"old": (0, 2)})
    assert scores.values == {"ratio": 0.4, "x": None, "ratio_old": part.value, "x_old": None}
    assert scores.unavailable == {"x": "why", "x_old": "why"}
    assert scores.errors.keys() == {"ratio", "ratio_old"}


def test_all_measures_see_the_same_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a difference of two metrics is not blurred; and blocks change nothing."""
    seen: list[np.ndarray] = []

    def note(counts: np.ndarray) -> np.ndarray:
        seen.append(counts)
        return counts[:, 0]

    watcher = Measure(value=0.0, items=None, resampled=note)
    whole = sampling_errors({"a": watcher, "b": watcher}, 5)
    assert whole["a"] == whole["b"]
    monkeypatch.setattr(resampling, "CHUNK", 35)
    assert sampling_errors({"a": watcher}, 5)["a"] == whole["a"]
    assert np.array_equal(np.concatenate(list(draws(5))), seen[0])
    assert (seen[0].sum(axis=1) == 5).all()


def test_one_item_has_no_sampling_error() -> None:
    """Nothing else can be drawn."""
    error = sampling_errors({"mean": mean_of(np.array([0.25]))}, 1)["mean"]
    assert (error.std, error.low, error.high) == (0.0, 0.25, 0.25)
