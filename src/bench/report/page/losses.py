"""Loss curves of a group of runs: means over seeds, stretch by stretch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report import stats
from bench.store.record import is_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.report.runs import Curve, Run

DIGITS = 4
"""Of a loss."""
MOST_PASSES = 100
"""Validation passes of a curve that are drawn; of more, the last of equal stretches."""


@dataclass(frozen=True, kw_only=True)
class Losses:
    """One curve."""

    steps: tuple[float, ...]
    losses: tuple[float, ...]
    """Means over seeds."""
    n: int
    """Seeds that the means are over."""


def training(runs: Sequence[Run]) -> Losses | None:
    """The training loss; each value stands in the middle of the stretch that it is the mean of."""
    return _mean((_middles(run.curve), run.curve.loss) for run in runs if run.curve is not None)


def _middles(curve: Curve) -> tuple[float, ...]:
    """The step in the middle of each stretch."""
    count = len(curve.loss)
    return tuple((place + 0.5) * curve.steps / count for place in range(count))


def validation(runs: Sequence[Run]) -> Losses | None:
    """The loss of the validation passes."""
    curves = []
    for run in runs:
        passes = [one for one in run.history if one.get("split") == "validation"]
        pairs = [(one.get("step"), one.get("loss")) for one in passes]
        known = [
            (float(step), float(loss))
            for step, loss in pairs
            if is_number(step) and is_number(loss)
        ]
        if known:
            every = -(-len(known) // MOST_PASSES)
            kept = known[::-1][::every][::-1]
            steps, losses = zip(*kept, strict=True)
            curves.append((steps, losses))
    return _mean(curves)


def _mean(curves: Iterable[tuple[tuple[float, ...], tuple[float, ...]]]) -> Losses | None:
    """The mean of curves over the same steps; of others the most that agree."""
    held = list(curves)
    if not held:
        return None
    (steps, _), *_ = Counter(steps for steps, _ in held).most_common(1)
    alike = [losses for own, losses in held if own == steps]
    means = (stats.mean(values) for values in zip(*alike, strict=True))
    return Losses(
        steps=tuple(round(step, 1) for step in steps),
        losses=tuple(float(f"{value:.{DIGITS}g}") for value in means),
        n=len(alike),
    )
