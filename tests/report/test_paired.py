"""The test of two methods, against the distributions that the numbers were drawn from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.report.paired import Sample, difference, holm, not_told_apart, sample, scores_in

RESAMPLES = 1000


def method(
    draw: int, seeds: int = 3, mean: float = 0.0, *, spread: float = 1.0, items: float = 0.2
) -> Sample:
    """Seeds with a spread, and resamples that move all methods alike and each run a little."""
    generator = np.random.Generator(np.random.PCG64(draw))
    values = mean + generator.normal(0, spread, seeds)
    hard = np.random.Generator(np.random.PCG64(12345)).normal(0, 5, RESAMPLES)
    own = generator.normal(0, items, (seeds, RESAMPLES)) if items else 0.0
    return Sample(values=values, resampled=values[:, None] + hard + own)


def test_items_that_are_hard_for_both_do_not_count() -> None:
    """What moves both alike, here by 5, is no part of the interval."""
    found = difference(method(1, spread=0.0, mean=0.3), method(2, spread=0.0))
    assert found.value == pytest.approx(0.3)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * 0.2 * np.sqrt(2 / 3), rel=0.1)
    back = difference(method(2, spread=0.0), method(1, spread=0.0, mean=0.3))
    assert (back.low, back.high, back.p) == pytest.approx((-found.high, -found.low, found.p))


def test_without_items_it_is_welchs_test() -> None:
    """Of scipy, where every resample says the same."""
    one, other = method(1, 3, items=0.0), method(2, 5, 1.5, spread=0.3, items=0.0)
    expected = stats.ttest_ind(one.values, other.values, equal_var=False)
    found = difference(one, other)
    assert found.p == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_equals_are_told_apart_in_about_one_of_twenty_cases(seeds: int) -> None:
    """Of 600 comparisons; four standard errors above a twentieth would be 52."""
    wrong = sum(difference(method(2 * k, seeds), method(2 * k + 1, seeds)).p < 0.05
                for k in range(600))  # fmt: skip
    assert wrong <= 52


def test_what_is_clearly_better_is_found() -> None:
    """With three seeds a lead of six spreads is."""
    found = sum(difference(method(2 * k, 3, 6.0), method(2 * k + 1, 3)).p < 0.05
                for k in range(100))  # fmt: skip
    assert found >= 90


def test_without_any_spread_only_equals_are_equal() -> None:
    """As with a method that is no model."""
    still = {"spread": 0.0, "items": 0.0}
    assert difference(method(1, **still), method(2, **still)).p == 1.0
    assert difference(method(1, mean=0.1, **still), method(2, **still)).p == 0.0


def test_what_is_no_sample_is_refused() -> None:
    """One seed, other numbers of resamples: between methods and between seeds."""
    short, long = scores_in("2 1e-05"), scores_in("1 2 3")
    with pytest.raises(ValueError, match="a single seed"):
        sample([1.0], [long])
    with pytest.raises(ValueError, match="no pairs"):
        sample([1.0, 2.0], [long, short])
    with pytest.raises(ValueError, match="2 seeds need"):
        sample([1.0, 2.0], [long])
    two, three = sample([1.0, 2.0], [short, short]), sample([1.0, 2.0], [long, long])
    assert two.resampled.tolist() == [[2.0, 1e-05], [2.0, 1e-05]]
    with pytest.raises(ValueError, match="2 and 3 resamples are no pairs"):
        difference(two, three)


@pytest.mark.parametrize("line", ["1 inf", "nan", "1 two"])
def test_a_line_of_other_than_finite_numbers_is_refused(line: str) -> None:
    """As a record of strangers may hold it."""
    with pytest.raises(ValueError, match=r"finite number|could not convert"):
        scores_in(line)


def test_holm_is_the_step_down_procedure() -> None:
    """The example of Holm's paper's procedure: sorted p values times 4, 3, 2, 1, never falling."""
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}


def test_what_the_best_cannot_be_told_from() -> None:
    """An equal method stands beside it, a clearly worse one does not."""
    held = {"best": method(1, mean=20.0), "equal": method(4, mean=20.0), "worse": method(3)}
    assert not_told_apart("best", held) == ("best", "equal")
    assert not_told_apart("best", {"best": held["best"]}) == ("best",)
