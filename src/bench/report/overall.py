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
from scipy import stats

Numbers = NDArray[np.float64]
Scores = Sequence[Sequence[float]]
"""Of one method: the scores of its runs, for each task."""

RESAMPLES = 2000
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An aggregate and its 95 % interval."""

    value: float
    low: float
    high: float


def interquartile_mean(scores: Scores) -> float:
    """Mean of the middle half of all scores; the ends of the half count in part."""
    pooled = np.sort(np.concatenate([np.asarray(task, dtype=np.float64) for task in scores]))
    return float(stats.trim_mean(pooled, 0.25))


def probability_of_improvement(one: Scores, other: Scores) -> float:
    """That a run of `one` is above a run of `other` on the same task, which is drawn evenly."""
    return float(np.mean([_above(x, y) for x, y in zip(one, other, strict=True)]))


def _above(x: Sequence[float], y: Sequence[float]) -> float:
    """P(X > Y) + P(X = Y) / 2, which is Mann and Whitney's U over the number of pairs."""
    ahead = np.asarray(x)[:, None] - np.asarray(y)[None, :]
    return float((ahead > 0).mean() + (ahead == 0).mean() / 2)


def average_ranks(means: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Mean over tasks of each method's rank among all, 1 the best; equal ones share a rank.

    `means` are a method's scores, one a task, higher better.
    """
    ranks = stats.rankdata(-np.array(list(means.values()), dtype=np.float64), axis=0)
    return dict(zip(means, ranks.mean(axis=1).tolist(), strict=True))


def estimate(
    aggregate: Callable[..., float], *methods: Scores, seed: int = SEED, resamples: int = RESAMPLES
) -> Estimate:
    """An aggregate of the scores of one or more methods, with its stratified interval."""
    generator = np.random.Generator(np.random.PCG64(seed))
    found = [
        aggregate(*(_drawn(scores, generator) for scores in methods)) for _ in range(resamples)
    ]
    low, high = np.percentile(found, (2.5, 97.5))
    return Estimate(value=aggregate(*methods), low=float(low), high=float(high))


def _drawn(scores: Scores, generator: np.random.Generator) -> list[Numbers]:
    """As many runs of each task, drawn with replacement."""
    held = [np.asarray(task, dtype=np.float64) for task in scores]
    return [task[generator.integers(0, len(task), len(task))] for task in held]
