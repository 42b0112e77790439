"""The methods of a block over several tasks: ranks, interquartile means, improvements."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.report.overall import (
    Estimate,
    average_ranks,
    estimate,
    interquartile_mean,
    probability_of_improvement,
)
from bench.report.values import measured

if TYPE_CHECKING:
    from bench.report.blocks import Block, Line
    from bench.report.spec import Column, TableSpec

FEWEST = 3
"""Tasks, below which nothing is said over them."""
BASELINE = "lora"

TaskScores = dict[str, list[float]]
"""Of one line: the scores of its seeds by task, higher better, in the table's unit."""


@dataclass(frozen=True, kw_only=True)
class Across:
    """One line of a block over the tasks that all lines have."""

    label: str
    rank: float
    """Mean over the tasks of its rank among the lines, 1 the best."""
    middle: Estimate
    """Interquartile mean of all its runs."""
    improvement: Estimate | None
    """Probability that a run of it is above one of the baseline; None for that one itself."""


@dataclass(frozen=True, kw_only=True)
class Overall:
    """What is told below a block."""

    tasks: tuple[str, ...]
    baseline: str | None
    """Label of the line that others are measured by: the first of LoRA, where there is one."""
    lines: tuple[Across, ...]


def across(spec: TableSpec, block: Block) -> Overall | None:
    """The lines with two seeds or more of three tasks or more, over the tasks that all have.

    None where there are not two such lines, or not three such tasks.
    """
    scores: dict[str, TaskScores] = {}
    baseline = None
    for entry in block.entries:
        for line in entry.lines:
            found = scores_of(spec, line)
            if len(found) >= FEWEST:
                label = " · ".join(filter(None, (entry.row.label, ", ".join(line.label))))
                scores[label] = found
                if entry.row.method == BASELINE and baseline is None:
                    baseline = label
    tasks = [task for task in spec.tasks if all(task in one for one in scores.values())]
    if len(scores) < 2 or len(tasks) < FEWEST:
        return None
    held = {label: [one[task] for task in tasks] for label, one in scores.items()}
    ranks = average_ranks({
        label: [sum(task) / len(task) for task in one] for label, one in held.items()
    })  # fmt: skip
    lines = tuple(
        Across(
            label=label,
            rank=ranks[label],
            middle=estimate(interquartile_mean, one),
            improvement=None
            if baseline in {None, label}
            else estimate(probability_of_improvement, one, held[str(baseline)]),
        )
        for label, one in held.items()
    )
    return Overall(tasks=tuple(tasks), baseline=baseline, lines=lines)


def scores_of(spec: TableSpec, line: Line) -> TaskScores:
    """The scores of each task by its first column, of tasks with two seeds or more."""
    first: dict[str, Column] = {}
    for column in spec.columns:
        if not column.average and column.against is None:
            first.setdefault(column.task, column)
    found: TaskScores = {}
    for task, column in first.items():
        score = partial(measured, column)
        sign = 1.0 if column.better == "higher" else -1.0
        values = [score(run).value for run in line.counted if column.holds(run)]
        known = [sign * value for value in values if value is not None]
        if len(known) > 1:
            found[task] = known
    return found


def titles(found: Overall) -> list[str]:
    """Head the columns."""
    better = [] if found.baseline is None else [f"P(better than {found.baseline})"]
    return ["Method", "Average rank ↓", "Interquartile mean ↑", *better]


def rows(found: Overall) -> list[list[str]]:
    """Lay the lines out, the best average rank first."""
    ordered = sorted(found.lines, key=lambda line: (line.rank, line.label))
    shown = []
    for line in ordered:
        better = [] if found.baseline is None else [_interval(line.improvement, 2)]
        shown.append([line.label, f"{line.rank:.2f}", _interval(line.middle, 1), *better])
    return shown


def _interval(found: Estimate | None, digits: int) -> str:
    """An estimate with its interval."""
    if found is None:
        return "–"
    return f"{found.value:.{digits}f} ({found.low:.{digits}f} to {found.high:.{digits}f})"


def remark(found: Overall) -> str:
    """Say what the numbers are."""
    better = "" if found.baseline is None else (
        f" P: that a run is above one of {found.baseline} on a task drawn evenly."
    )  # fmt: skip
    return (
        f"Over {', '.join(found.tasks)}: average rank of the mean among these rows, 1 the best; "
        f"mean of the middle half of all runs, × 100.{better} In brackets 95 % intervals, runs "
        "drawn anew within each task (definitions: arXiv 2108.13264)."
    )
