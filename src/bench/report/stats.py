"""Statistics over seeds: pure functions of numbers."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def mean(values: Sequence[float]) -> float:
    """Compute the arithmetic mean, summed exactly: the order of the values changes nothing."""
    if not values:
        raise ValueError("the mean of no values is not defined")
    return math.fsum(values) / len(values)


def sample_std(values: Sequence[float]) -> float:
    """Compute the sample standard deviation: root of the squared deviations over n - 1."""
    if len(values) < 2:
        raise ValueError(f"a sample standard deviation needs two values, not {len(values)}")
    return statistics.stdev(values)


def mean_interval(value: float, std: float, n: int) -> tuple[float, float]:
    """Ends of the 95 % interval of a mean of n values, by Student's t."""
    from scipy.special import stdtrit

    if n < 2:
        raise ValueError(f"an interval needs two values, not {n}")
    reach = float(stdtrit(n - 1, 0.975)) * std / math.sqrt(n)
    return value - reach, value + reach
