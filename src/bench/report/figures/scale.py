"""The axis of a panel: wide enough for what is compared, not for a row that is far off."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CROWDED = 10
"""A row leaves the scale where it would squeeze all others into one part in this many."""
MANY, FENCE, CROWDED_BY_FEW = 8, 3.0, 3
"""Of this many rows also those leave it that lie farther beyond the quartiles than this many times
their distance ("far out", J. W. Tukey, Exploratory Data Analysis, 1977), and leave the others less
than one part in so many."""
MARGIN = 0.12
"""Free space on either side, as a part of what the axis holds."""
RESOLUTION = 5
"""An axis is at least this many units of the last printed digit wide on either side, so
that differences too small to be printed do not look like results."""
FINEST = 1e-9
"""An axis is at least this wide on either side as a part of its values: floats tell no less apart
that could be drawn."""
RIM = 0.1
"""No tick stands in this part of an axis at either end: its number would meet the neighbour's."""
APART = 0.3
"""Of three ticks or more, none are closer than this part of an axis, for the same reason."""

Interval = tuple[float, float, float]
"""Mean minus deviation, mean, mean plus deviation."""


def interval(mean: float, std: float | None) -> Interval:
    """Span a mean and its error bar."""
    half = std or 0.0
    return (mean - half, mean, mean + half)


def on_scale(intervals: Sequence[Interval]) -> list[bool]:
    """Say of each interval whether it belongs on a common axis.

    Off the scale is what lies farther from the median of all means than half of that median,
    and only where the others would otherwise share a tenth of the axis; of many, also the few
    that are far out, where the others would share a third.
    """
    means = [mean for _, mean, _ in intervals]
    middle = statistics.median(means)
    near = [abs(mean - middle) <= abs(middle) / 2 for mean in means]
    if _squeezed(intervals, near, CROWDED):
        return near
    if len(means) >= MANY:
        first, _, third = statistics.quantiles(means, n=4, method="inclusive")
        reach = FENCE * (third - first)
        near = [first - reach <= mean <= third + reach for mean in means]
        if _squeezed(intervals, near, CROWDED_BY_FEW):
            return near
    return [True] * len(intervals)


def _squeezed(intervals: Sequence[Interval], near: Sequence[bool], parts: int) -> bool:
    """Whether those that are not near would leave the others one part in so many, or less."""
    close = [one for one, is_near in zip(intervals, near, strict=True) if is_near]
    return len(close) > 1 and _width(close) * parts < _width(intervals)


def limits(intervals: Sequence[Interval], digits: int) -> tuple[float, float]:
    """Limit an axis to `intervals` with a margin; values are printed with `digits` decimals."""
    low, high = _extent(intervals)
    least = max(RESOLUTION * 10.0**-digits, FINEST * max(abs(low), abs(high)))
    margin = max((high - low) * MARGIN, least - (high - low) / 2)
    return (low - margin, high + margin)


def axis(intervals: Sequence[Interval], digits: int) -> tuple[list[bool], tuple[float, float]]:
    """Which intervals belong on a common axis, and its limits by these."""
    kept = on_scale(intervals)
    shown = [one for one, is_kept in zip(intervals, kept, strict=True) if is_kept]
    return kept, limits(shown, digits)


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Choose two or three round numbers between `low` and `high`, with their texts.

    The step is the widest of 1, 2 and 5 times a power of ten that gives two.
    """
    rim = (high - low) * RIM
    power = math.ceil(math.log10(high - low))
    for digits in range(-power, -power + 3):
        for factor in (5, 2, 1):
            step = factor * 10.0**-digits
            first, last = math.ceil((low + rim) / step), math.floor((high - rim) / step)
            if last > first:
                indices = list(range(first, last + 1))
                if len(indices) > 2 and step < (high - low) * APART:
                    halves = [[index for index in indices if index % 2 == odd] for odd in (0, 1)]
                    indices = max(halves, key=len)
                return [(index * step, f"{index * step:.{max(digits, 0)}f}") for index in indices]
    raise ValueError(f"no room for two ticks between {low} and {high}")


def _extent(intervals: Sequence[Interval]) -> tuple[float, float]:
    return (min(low for low, _, _ in intervals), max(high for _, _, high in intervals))


def _width(intervals: Sequence[Interval]) -> float:
    low, high = _extent(intervals)
    return high - low
