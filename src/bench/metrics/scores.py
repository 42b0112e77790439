"""What scoring returns: numbers, why a number is absent, and how far chance could move it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.metrics.resampling import Interval, Measure, interval, resampled_scores


@dataclass(frozen=True)
class Scores:
    """Values by metric name, as the official programs print them."""

    values: Mapping[str, float | None]
    """None where the metric cannot be computed on this machine or on this input."""
    unavailable: Mapping[str, str] = field(default_factory=dict)
    """The reason for each None."""
    errors: Mapping[str, Interval] = field(default_factory=dict)
    """What drawing other items for the test set would have done to a value."""
    items: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """The score of every item by itself, where an item alone has one."""
    resampled: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """What each value would have been with the items of each resample."""


def scores_of(
    measures: Mapping[str, Measure],
    n: int,
    *,
    unavailable: Mapping[str, str] | None = None,
    subsets: Mapping[str, Sequence[int]] | None = None,
) -> Scores:
    """The values of measures of n items with their sampling errors; None for what is missing.

    For each of `subsets`, given as the indices of its items, NAME_SUBSET is the metric NAME
    of these items alone.
    """
    missing = dict(unavailable or {})
    values: dict[str, float | None] = {name: one.value for name, one in measures.items()}
    values |= dict.fromkeys(missing)
    resampled = resampled_scores(measures, n)
    for subset, indices in (subsets or {}).items():
        parts = {f"{k}_{subset}": one.of_subset(indices, n) for k, one in measures.items()}
        values |= {name: one.value for name, one in parts.items()}
        values |= {f"{name}_{subset}": None for name in (unavailable or {})}
        missing |= {f"{name}_{subset}": reason for name, reason in (unavailable or {}).items()}
        resampled |= resampled_scores(parts, len(indices))
    items = {name: one.items for name, one in measures.items() if one.items is not None}
    return Scores(
        values=values,
        unavailable=missing,
        errors={name: interval(found) for name, found in resampled.items()},
        items=items,
        resampled={name: tuple(found.tolist()) for name, found in resampled.items()},
    )
