"""Methods over many tasks: aggregates of (runs, tasks) scores, with intervals over the runs.

Definitions of R. Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical
Precipice", NeurIPS 2021 (arXiv 2108.13264):

    interquartile mean           mean of the middle half of all runs of all tasks
    probability of improvement   over tasks, the mean of P(X > Y) + P(X = Y) / 2 of a run of each
    stratified bootstrap         runs are drawn with replacement within each task
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Scores = Sequence[Numbers]
"""Of one method: for each task (..., runs) scores."""

RESAMPLES = 2000
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An aggregate and its 95 % interval."""

    value: float
    low: float
    high: float


def interquartile_mean(scores: Scores) -> Numbers:
    """Mean of the middle half of all scores: at each end a quarter, rounded down, is left out."""
    # It takes half a second, and most tables are of one task.
    from scipy.stats import trim_mean

    return np.asarray(trim_mean(np.concatenate(list(scores), axis=-1), 0.25, axis=-1))


def probability_of_improvement(one: Scores, other: Scores) -> Numbers:
    """That a run of `one` is above a run of `other` on the same task, which is drawn evenly."""
    return np.asarray(np.mean([_above(x, y) for x, y in zip(one, other, strict=True)], axis=0))


def _above(x: Numbers, y: Numbers) -> Numbers:
    """P(X > Y) + P(X = Y) / 2, which is Mann and Whitney's U over the number of pairs."""
    ahead = x[..., :, None] - y[..., None, :]
    return np.asarray((ahead > 0).mean((-1, -2)) + (ahead == 0).mean((-1, -2)) / 2)


def average_ranks(means: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Mean over tasks of each method's rank among all, 1 the best; equal ones share a rank.

    `means` are a method's scores, one a task, higher better.
    """
    from scipy.stats import rankdata

    ranks = rankdata(-np.array(list(means.values()), dtype=np.float64), axis=0)
    return dict(zip(means, ranks.mean(axis=1).tolist(), strict=True))


def estimate(
    aggregate: Callable[..., Numbers],
    *methods: Sequence[Sequence[float]],
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> Estimate:
    """An aggregate of the scores of one or more methods, with its stratified interval.

    Of each method: the scores of its runs, for each task.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    held = [[np.asarray(task, dtype=np.float64) for task in scores] for scores in methods]
    drawn = [[_drawn(task, generator, resamples) for task in scores] for scores in held]
    low, high = np.percentile(aggregate(*drawn), (2.5, 97.5))
    return Estimate(value=float(aggregate(*held)), low=float(low), high=float(high))


def _drawn(runs: Numbers, generator: np.random.Generator, resamples: int) -> Numbers:
    """(resamples, runs): as many runs as there are, drawn with replacement."""
    return runs[generator.integers(0, len(runs), (resamples, len(runs)))]
