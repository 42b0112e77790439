"""The metrics of the GLUE tasks (Wang et al., arXiv 1804.07461), as its scorer defines them.

    accuracy   share of equal labels
    f1         2 tp / (2 tp + fp + fn) of class 1
    matthews   (c n - p·t) / sqrt((n² - p·p)(n² - t·t)); c items right of n, p and t how often
               each class is predicted and true
    pearson    correlation of values
    spearman   Pearson correlation of ranks, equal values sharing their mean rank

The formulas are those of scikit-learn's and scipy's functions that huggingface/evaluate
(metrics/glue) calls. Where one has no value it is 0.0, the score of a guess, for a record
holds no NaN: a correlation of a constant (scipy gives NaN), matthews of one class only and f1
without class 1 (scikit-learn gives 0.0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.errors import MetricError, unknown
from bench.metrics.resampling import Measure, Numbers, additive, mean_of

VERSION = 1
"""Raised when the same labels would give other numbers."""

METRICS: dict[str, tuple[str, ...]] = {
    "cola": ("matthews", "accuracy"),
    "sst2": ("accuracy",),
    "mrpc": ("f1", "accuracy"),
    "stsb": ("pearson", "spearman"),
    "qqp": ("accuracy", "f1"),
    "mnli": ("accuracy",),
    "qnli": ("accuracy",),
    "rte": ("accuracy",),
}
"""Metrics of each task; the first is the one that LoRMA (arXiv 2506.07621), Table 2, reports."""


def measure_glue(
    key: str, predictions: Sequence[float], labels: Sequence[float]
) -> dict[str, Measure]:
    """Every metric of the GLUE task `key`, all of n pairs of numbers.

    Labels of a classification are indices of classes; its items are 1 where right, else 0. A
    correlation has no items. Raises a MetricError for no or unpaired numbers, and for one that
    is not finite.
    """
    if key not in METRICS:
        raise unknown("task", key, "task of GLUE", METRICS)
    p, t = np.array(predictions, dtype=np.float64), np.array(labels, dtype=np.float64)
    if len(p) != len(t):
        raise MetricError(f"{len(p)} predictions but {len(t)} labels; give one label for each")
    if not len(p):
        raise MetricError("no predictions; give one or more")
    for name, values in (("prediction", p), ("label", t)):
        if not np.isfinite(values).all():
            place = int(np.argmin(np.isfinite(values)))
            raise MetricError(f"{name} {place + 1} is {values[place]}; give a finite number")
    return {name: MEASURES[name](p, t) for name in METRICS[key]}


def accuracy(p: Numbers, t: Numbers) -> Measure:
    """Share of equal labels."""
    return mean_of((p == t).astype(np.float64))


def f1(p: Numbers, t: Numbers) -> Measure:
    """F1 of class 1, from the sums of true positives and of errors."""
    statistics = np.stack(((p == 1) & (t == 1), (p == 1) != (t == 1)), axis=1).astype(np.float64)

    def final(sums: Numbers) -> Numbers:
        twice = 2 * sums[..., 0]
        return ratio(twice, twice + sums[..., 1])

    return _of_labels(p, t, statistics, final)


def matthews(p: Numbers, t: Numbers) -> Measure:
    """Matthews correlation of any number of classes (Gorodkin 2004)."""
    classes = np.unique(np.concatenate((p, t)))
    right = (p == t)[:, None]
    statistics = np.hstack((right, p[:, None] == classes, t[:, None] == classes)).astype(np.float64)
    k = len(classes)

    def final(sums: Numbers) -> Numbers:
        c, guessed, true = sums[..., 0], sums[..., 1 : k + 1], sums[..., k + 1 :]
        n = true.sum(axis=-1)
        covariance = c * n - (guessed * true).sum(axis=-1)
        spread = (n * n - (guessed**2).sum(axis=-1)) * (n * n - (true**2).sum(axis=-1))
        return ratio(covariance, np.sqrt(spread))

    return _of_labels(p, t, statistics, final)


def pearson(p: Numbers, t: Numbers) -> Measure:
    """Pearson correlation."""
    p, t = scaled(p), scaled(t)
    return _correlation(len(p), lambda counts: correlation(counts, p, t))


def spearman(p: Numbers, t: Numbers) -> Measure:
    """Spearman correlation; every resample has its own ranks."""
    order_p, order_t = Order(p), Order(t)
    return _correlation(
        len(p),
        lambda counts: correlation(counts, order_p.ranks(counts), order_t.ranks(counts)),
    )


MEASURES: dict[str, Callable[[Numbers, Numbers], Measure]] = {
    "accuracy": accuracy,
    "f1": f1,
    "matthews": matthews,
    "pearson": pearson,
    "spearman": spearman,
}


class Order:
    """The order of n values, to rank any multiset of them."""

    def __init__(self, values: Numbers) -> None:
        """Sort once for all resamples."""
        self.order: NDArray[np.intp] = np.argsort(values, kind="stable")
        ordered = values[self.order]
        new = np.concatenate(([True], ordered[1:] != ordered[:-1]))
        self.starts = np.flatnonzero(new)
        self.group = np.empty(len(values), dtype=np.intp)
        self.group[self.order] = np.cumsum(new) - 1

    def ranks(self, counts: Numbers) -> Numbers:
        """Mean rank of each value, (resamples, n), where it occurs `counts` (resamples, n) times.

        Equal values share the mean of the ranks that they take up.
        """
        sizes = np.add.reduceat(counts[:, self.order], self.starts, axis=1)
        found: Numbers = (np.cumsum(sizes, axis=1) - (sizes - 1) / 2)[:, self.group]
        return found


def correlation(counts: Numbers, x: Numbers, y: Numbers) -> Numbers:
    """Weighted Pearson correlation, (resamples,); x and y are (n,) or (resamples, n)."""
    dx, dy = (centred(counts, values) for values in (x, y))
    covariance = (counts * dx * dy).sum(axis=1)
    spread = np.sqrt((counts * dx * dx).sum(axis=1)) * np.sqrt((counts * dy * dy).sum(axis=1))
    return np.clip(ratio(covariance, spread), -1.0, 1.0)


def centred(counts: Numbers, values: Numbers) -> Numbers:
    """Values less their weighted mean, the largest 1; exactly 0 where all that count are equal."""
    drawn = counts > 0
    high = np.where(drawn, values, -np.inf).max(axis=1)
    low = np.where(drawn, values, np.inf).min(axis=1)
    mean = (counts * values).sum(axis=1) / counts.sum(axis=1)
    apart = np.where(drawn & (high > low)[:, None], values - mean[:, None], 0.0)
    return ratio(apart, np.abs(apart).max(axis=1, keepdims=True))


def scaled(values: Numbers) -> Numbers:
    """Values of at most 1, so that no sum of squares leaves the range of numbers."""
    return values / (np.abs(values).max() or 1.0)


def ratio(above: Numbers, below: Numbers) -> Numbers:
    """Quotient, and 0 where the divisor is 0."""
    return np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0)


def _of_labels(
    p: Numbers, t: Numbers, statistics: Numbers, final: Callable[[Numbers], Numbers]
) -> Measure:
    """A function of sums over items, which are right or wrong."""
    value = float(final(statistics.sum(axis=0)))
    return additive(value, statistics, final, tuple((p == t).astype(np.float64).tolist()))


def _correlation(n: int, resampled: Callable[[Numbers], Numbers]) -> Measure:
    return Measure(value=float(resampled(np.ones((1, n)))[0]), items=None, resampled=resampled)
