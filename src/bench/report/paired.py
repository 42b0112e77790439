"""Whether two methods can be told apart: over test items, which they share, and over seeds.

A score could have been another one with other items and with other seeds. For the difference of
the mean scores of A and B with n_A and n_B runs each,

    se² = Var_r[mean_A(r) − mean_B(r)] + s_A² / n_A + s_B² / n_B

Var_r is taken over resamples r of the items that are the same for all runs, so that an item which
is hard for both counts for nothing (P. Koehn, EMNLP 2004); s² is the variance of a method's scores
over seeds. The difference over se is compared with Student's t of Welch and Satterthwaite's degrees
of freedom, to which the items, of which there are many, add none. A bootstrap over three seeds
finds a difference between equals in one case of ten; this does in about one of twenty.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Numbers = NDArray[np.float64]

LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What is known of a method's score: two seeds at least."""

    values: Numbers
    """Of each seed (n,)."""
    resampled: Numbers
    """The same with the items of each resample (n, r)."""

    def __post_init__(self) -> None:
        """Refuse what has no variance, and what does not fit together."""
        if len(self.values) < 2:
            raise ValueError("a single seed does not tell how far seeds move a score")
        if self.resampled.ndim != 2 or len(self.resampled) != len(self.values):
            raise ValueError(f"{len(self.values)} seeds need as many rows of resamples")

    @property
    def seed_variance(self) -> float:
        """Of the mean over seeds: s² / n."""
        return float(self.values.var(ddof=1) / len(self.values))


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How far a method's mean is above another one's."""

    value: float
    low: float
    high: float
    """Ends of the 95 % interval."""
    p: float
    """Two-sided, of no difference."""


def difference(one: Sample, other: Sample) -> Difference:
    """Of `one` above `other`; a ValueError where the numbers of resamples differ."""
    pair = (one, other)
    if one.resampled.shape[1] != other.resampled.shape[1]:
        sizes = " and ".join(str(sample.resampled.shape[1]) for sample in pair)
        raise ValueError(f"{sizes} resamples are no pairs")
    value = float(one.values.mean() - other.values.mean())
    items = one.resampled.mean(axis=0) - other.resampled.mean(axis=0)
    parts = [sample.seed_variance for sample in pair]
    variance = float(items.var(ddof=1)) + sum(parts)
    if variance == 0:
        return Difference(value=value, low=value, high=value, p=float(value == 0))
    uncertain = sum(
        part**2 / (len(sample.values) - 1) for part, sample in zip(parts, pair, strict=True)
    )
    freedom = variance**2 / uncertain if uncertain else math.inf
    # Student's t; of infinite freedom it is the normal law.
    error = math.sqrt(variance)
    reach = float(special.stdtrit(freedom, 0.975)) * error
    p = 2 * float(special.stdtr(freedom, -abs(value) / error))
    return Difference(value=value, low=value - reach, high=value + reach, p=p)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """P values by name, corrected for there being many (S. Holm, 1979)."""
    ordered = sorted(p_values, key=lambda name: (p_values[name], name))
    corrected: dict[str, float] = {}
    largest = 0.0
    for index, name in enumerate(ordered):
        largest = max(largest, min(1.0, (len(ordered) - index) * p_values[name]))
        corrected[name] = largest
    return {name: corrected[name] for name in p_values}


def not_told_apart(
    best: str, samples: Mapping[str, Sample], level: float = LEVEL
) -> tuple[str, ...]:
    """The methods that cannot be told from the `best` one, itself the first.

    All are compared with it, Holm-corrected.
    """
    others = [name for name in samples if name != best]
    corrected = holm({name: difference(samples[best], samples[name]).p for name in others})
    return (best, *(name for name in others if corrected[name] >= level))


def scores_in(line: str) -> Numbers:
    """The resampled scores (r,) that a record writes in a line; a ValueError says what is wrong."""
    found = np.array(line.split(), dtype=np.float64)
    if not np.isfinite(found).all():
        raise ValueError("a resampled score is no finite number")
    return found


def sample(values: Sequence[float], rows: Sequence[Numbers]) -> Sample:
    """Scores of seeds and the resamples of each (r,); a ValueError where they do not fit."""
    if len({len(row) for row in rows}) != 1:
        raise ValueError("records with different numbers of resamples are no pairs")
    return Sample(values=np.array(values, dtype=np.float64), resampled=np.stack(rows))
