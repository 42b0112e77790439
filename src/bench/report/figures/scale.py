"""The axis of a panel: wide enough for what is compared, not for a row that is far off."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CROWDED = 10
"""A row leaves the scale where it would squeeze all others into one part in this many."""
MARGIN = 0.12
"""Free space on either side, as a part of what the axis holds."""
RESOLUTION = 5
"""An axis is at least this many units of the last printed digit wide on either side, so
that differences too small to be printed do not look like results."""

Interval = tuple[float, float, float]
"""Mean minus deviation, mean, mean plus deviation."""


def interval(mean: float, std: float | None) -> Interval:
    """Span a mean and its error bar."""
    half = std or 0.0
    return (mean - half, mean, mean + half)


def on_scale(intervals: Sequence[Interval]) -> list[bool]:
    """Say of each interval whether it belongs on a common axis.

    Off the scale is what lies farther from the median of all means than half of that median,
    and only where the others would otherwise share a tenth of the axis.
    """
    middle = statistics.median([mean for _, mean, _ in intervals])
    near = [abs(mean - middle) <= abs(middle) / 2 for _, mean, _ in intervals]
    close = [one for one, is_near in zip(intervals, near, strict=True) if is_near]
    if len(close) < 2 or _width(close) * CROWDED >= _width(intervals):
        return [True] * len(intervals)
    return near


def limits(intervals: Sequence[Interval], digits: int) -> tuple[float, float]:
    """Limit an axis to `intervals` with a margin; values are printed with `digits` decimals."""
    low, high = _extent(intervals)
    margin = max((high - low) * MARGIN, RESOLUTION * 10.0**-digits - (high - low) / 2)
    return (low - margin, high + margin)


def _extent(intervals: Sequence[Interval]) -> tuple[float, float]:
    return (min(low for low, _, _ in intervals), max(high for _, _, high in intervals))


def _width(intervals: Sequence[Interval]) -> float:
    low, high = _extent(intervals)
    return high - low
