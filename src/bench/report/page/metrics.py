"""How the scores of a task are written: in the unit and with the digits of the papers' tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bench import registry
from bench.report.values import MEASURES
from bench.report.words import ARROWS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.report.page.groups import Spread
    from bench.report.runs import Run
    from bench.report.spec import Column, TableSpec
    from bench.tasks.base import MetricInfo

TIED = "\N{NO-BREAK SPACE}"
MOST = 6
"""Metrics of a task that the page does not know."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of one task."""

    name: str
    """As in records."""
    label: str
    scale: float
    """What a record's value is multiplied by."""
    digits: int
    better: Literal["higher", "lower"]

    @property
    def head(self) -> str:
        """Name, unit and direction."""
        unit = f"×{TIED}{self.scale:g}{TIED}" if self.scale != 1 else ""
        return f"{self.label} {unit}{ARROWS[self.better]}"

    def text(self, found: Spread | None) -> str:
        """Mean ± deviation."""
        if found is None:
            return ""
        mean = f"{self.scale * found.mean:.{self.digits}f}"
        return mean if found.std is None else f"{mean} ± {self.scale * found.std:.{self.digits}f}"


def metrics_of(runs: Iterable[Run], specs: Sequence[TableSpec]) -> Mapping[str, tuple[Metric, ...]]:
    """The metrics of each task that its runs have, the main one first."""
    columns = _columns(specs)
    present: dict[str, set[str]] = {}
    for run in runs:
        present.setdefault(run.task, set()).update(run.metrics)
    return {task: _of_task(task, present[task], columns) for task in sorted(present)}


def _columns(specs: Iterable[TableSpec]) -> dict[tuple[str, str], Column]:
    """The first column of the tables that shows a metric of a task."""
    found: dict[tuple[str, str], Column] = {}
    for spec in specs:
        for column in spec.columns:
            if column.against is None and column.metric not in MEASURES and not column.average:
                found.setdefault((column.task, column.metric), column)
    return found


def _of_task(
    task: str, present: set[str], columns: Mapping[tuple[str, str], Column]
) -> tuple[Metric, ...]:
    """The task's own metrics; where the task is not known, the first ones by name."""
    known = registry.tasks().get(task)
    infos: dict[str, MetricInfo] = {one.name: one for one in known.metrics} if known else {}
    names = [name for name in infos if name in present] or sorted(present)[:MOST]
    shown = [column for (of, _), column in columns.items() if of == task]
    # What no table shows is written as the task's other scores, where those agree.
    alike = {(column.scale, column.digits) for column in shown}
    scale, digits = alike.pop() if len(alike) == 1 else (1.0, 3)
    found = []
    for name in names:
        column = columns.get((task, name))
        # A part of the items is scored as all of them are: BLEU_seen as BLEU.
        like = column or columns.get((task, name.partition("_")[0]))
        found.append(
            Metric(
                name=name,
                # In tables of several tasks a label starts with that of the task.
                label=_capital(column.label.rpartition(", ")[2]) if column else _label(name),
                scale=like.scale if like else scale,
                digits=like.digits if like else digits,
                better=infos[name].better if name in infos else "higher",
            )
        )
    return tuple(found)


def _label(name: str) -> str:
    """A metric that no table names: its own name, which has capitals or gets one."""
    spaced = name.replace("_", " ")
    return spaced if spaced != spaced.lower() else _capital(spaced)


def _capital(text: str) -> str:
    """With its first letter as a capital; the others stay."""
    return text[:1].upper() + text[1:]
