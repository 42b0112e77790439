"""How far the choice of test items could have moved a score: the bootstrap over items.

    resampled corpus   n items drawn with replacement from the n of the test set
    standard error     standard deviation of the score over the resampled corpora
    interval           its 2.5th and 97.5th percentiles

B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993; for corpus scores of
texts P. Koehn, "Statistical Significance Tests for Machine Translation Evaluation", EMNLP
2004. What a metric takes from the whole set of references (document frequencies of CIDEr,
information weights of NIST) stays as it is: the references are not what is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

RESAMPLES = 1000
SEED = 0
CHUNK = 1 << 22
"""Numbers of one block of draws, so that a large test set does not fill the memory."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One metric of one corpus of n items."""

    value: float
    """As the official program prints it."""
    items: tuple[float, ...] | None
    """The score of every item by itself; None where an item alone has none."""
    resampled: Callable[[Numbers], Numbers]
    """(resamples, n) how often each item counts, to (resamples,) scores."""

    def of_subset(self, indices: Sequence[int], n: int) -> Measure:
        """The same metric of some of the n items alone.

        Not for a metric that takes something from all references (NIST, CIDEr).
        """
        chosen = np.array(indices)

        def resampled(counts: Numbers) -> Numbers:
            spread = np.zeros((len(counts), n))
            spread[:, chosen] = counts
            return self.resampled(spread)

        return Measure(
            value=float(resampled(np.ones((1, len(chosen))))[0]),
            items=None if self.items is None else tuple(self.items[i] for i in indices),
            resampled=resampled,
        )


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Sampling error of a score."""

    std: float
    low: float
    high: float


def additive(
    value: float,
    statistics: Numbers,
    final: Callable[[Numbers], Numbers],
    items: tuple[float, ...] | None = None,
) -> Measure:
    """A metric that is a function of sums over items.

    `statistics` is (n, k), one row an item; `final` maps sums (..., k) to scores (...).
    """
    return Measure(value=value, items=items, resampled=lambda counts: final(counts @ statistics))


def mean_of(items: Numbers) -> Measure:
    """A metric that is the mean of its items (n,)."""
    return Measure(
        value=float(items.mean()),
        items=tuple(items.tolist()),
        resampled=lambda counts: counts @ items / counts.sum(axis=-1),
    )


def draws(n: int, seed: int = SEED) -> Iterator[Numbers]:
    """How often each of n items is drawn, in blocks of (resamples, n); every row sums to n."""
    generator = np.random.Generator(np.random.PCG64(seed))
    size = max(CHUNK // n, 1)
    for start in range(0, RESAMPLES, size):
        rows = range(min(size, RESAMPLES - start))
        drawn = [np.bincount(generator.integers(0, n, n), minlength=n) for _ in rows]
        yield np.stack(drawn).astype(np.float64)


def resampled_scores(measures: Mapping[str, Measure], n: int) -> dict[str, Numbers]:
    """(RESAMPLES,) scores of each measure of n items, all over the same draws.

    The draws depend on n alone, so that the scores of two runs on the same items are pairs.
    """
    scores: dict[str, list[Numbers]] = {name: [] for name in measures}
    for counts in draws(n):
        for name, measure in measures.items():
            scores[name].append(measure.resampled(counts))
    return {name: np.concatenate(found) for name, found in scores.items()}


def sampling_errors(measures: Mapping[str, Measure], n: int) -> dict[str, Interval]:
    """Standard error and 95 % interval of each measure of n items, all over the same draws."""
    return {name: interval(found) for name, found in resampled_scores(measures, n).items()}


def interval(scores: Numbers) -> Interval:
    """Standard error and 95 % interval that resampled scores tell."""
    low, high = np.percentile(scores, (2.5, 97.5))
    return Interval(std=float(scores.std(ddof=1)), low=float(low), high=float(high))
