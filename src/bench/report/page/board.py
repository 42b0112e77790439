"""The leaderboard: one table a task, one row a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report.legend import HOLE
from bench.report.page.points import memory, step_ms, train_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.report.page.groups import Group, Spread
    from bench.report.page.metrics import Metric

CONDITION = ("Model", "Rows", "Preset")
MEASURED = ("Trained", "Step (ms)", "Peak memory (GiB)", "Training (s)")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A number as it is read and as it is sorted."""

    text: str
    value: float | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One group."""

    group: Group
    scores: tuple[Cell, ...]
    measures: tuple[Cell, ...]

    @property
    def told(self) -> str:
        """What became of runs that did not finish."""
        return "; ".join(self.group.problems)


@dataclass(frozen=True, kw_only=True)
class Board:
    """One task."""

    task: str
    metrics: tuple[Metric, ...]
    rows: tuple[Row, ...]

    @property
    def labelled(self) -> bool:
        """Whether some groups are of one method and differ in settings."""
        return any(row.group.label for row in self.rows)


def boards(groups: Sequence[Group], metrics: Mapping[str, tuple[Metric, ...]]) -> tuple[Board, ...]:
    """All tasks in order of their names; rows by model, then rows and preset, then main score."""
    found = []
    for task in sorted({group.condition.task for group in groups}):
        shown = metrics.get(task, ())
        own = [group for group in groups if group.condition.task == task]
        own.sort(key=lambda group: (group.condition, *_place(group, shown)))
        rows = tuple(_row(group, shown) for group in own)
        found.append(Board(task=task, metrics=shown, rows=rows))
    return tuple(found)


def _place(group: Group, metrics: Sequence[Metric]) -> tuple[bool, float, str, tuple[str, ...]]:
    """The best main score first, groups without one last."""
    found = group.metric(metrics[0].name) if metrics else None
    if found is None:
        return (True, 0.0, group.method, group.label)
    sign = -1.0 if metrics[0].better == "higher" else 1.0
    return (False, sign * found.mean, group.method, group.label)


def _row(group: Group, metrics: Sequence[Metric]) -> Row:
    spreads = [(metric, group.metric(metric.name)) for metric in metrics]
    scores = tuple(
        Cell(text=metric.text(found) or _hole(group), value=found.mean if found else None)
        for metric, found in spreads
    )
    count = group.trained
    measures = (
        Cell(text=HOLE if count is None else f"{count:,}", value=count),
        _number(step_ms(group), 0),
        _number(memory(group), 1),
        _number(train_seconds(group), 0),
    )
    return Row(group=group, scores=scores, measures=measures)


def _hole(group: Group) -> str:
    """What stands where there is no score."""
    return "n/a" if group.counted else HOLE


def _number(found: Spread | None, digits: int) -> Cell:
    if found is None:
        return Cell(text=HOLE)
    return Cell(text=f"{found.mean:,.{digits}f}", value=found.mean)
