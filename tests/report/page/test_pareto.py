"""The Pareto front, against its definition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.report.page.pareto import front

POINTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Costs no more, scores no less, and is better in one of the two."""
    return one[0] <= other[0] and one[1] >= other[1] and one != other


@given(POINTS)
def test_it_holds_every_point_that_nothing_beats(points: list[tuple[float, float]]) -> None:
    """And no other; every pair of points is looked at."""
    expected = {
        index
        for index, point in enumerate(points)
        if not any(beats(other, point) for other in points)
    }
    found = front(points)
    assert set(found) == expected
    assert len(found) == len(expected)


@given(POINTS)
def test_it_goes_up(points: list[tuple[float, float]]) -> None:
    """By rising cost, and so by rising score."""
    found = [points[index] for index in front(points)]
    assert found == sorted(found)
