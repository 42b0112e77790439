"""What tables show in any form: blocks of rows that may be compared with each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bench.report.seeds import Seeds
from bench.report.values import NOT_RUN, Value, problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.report.published import PublishedRow
    from bench.report.runs import Run
    from bench.report.spec import RowSpec


@dataclass(frozen=True, kw_only=True)
class Line(Seeds):
    """Our runs of one method with the same settings, or the hole where there is none."""

    label: tuple[str, ...] = ()
    """Settings that tell it from the method's other lines of the block, as key=value."""
    deviations: tuple[str, ...] = ()
    """Where its settings are not those that the paper states."""
    status: str = NOT_RUN
    """`finished`, or the words that stand in the hole."""
    values: tuple[Value, ...] = ()
    """One a column; empty where no run finished."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What became of each unfinished run, in words."""
        return tuple(problem(run) for run in self.unfinished)

    @property
    def seeds(self) -> tuple[int, ...]:
        """How many runs are counted of each task that has any: the different numbers, sorted."""
        return tuple(sorted(set(Counter(run.task for run in self.counted).values())))

    @property
    def tasks(self) -> int:
        """How many tasks it has runs of."""
        return len({run.task for run in self.runs})

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs that the line speaks of."""
        return self.counted + self.unfinished


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One method of the spec in one block: our lines and the published row."""

    row: RowSpec
    published: PublishedRow | None
    lines: tuple[Line, ...]
    left_out: tuple[Run, ...] = ()
    """Runs with other settings than those shown."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What the runs of a block have in common."""

    model: str
    preset: str
    real: bool
    partial: bool


@dataclass(frozen=True, kw_only=True)
class Block:
    """Rows that may be compared with each other."""

    setting: Setting
    model_title: str
    paper: bool
    """Whether this is the setting of the published numbers."""
    entries: tuple[Entry, ...]

    @property
    def lines(self) -> Iterable[Line]:
        """All lines that have runs."""
        return (line for entry in self.entries for line in entry.lines if line.runs)

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Deviations from the paper that all runs of the block have in common."""
        each = [line.deviations for line in self.lines]
        return tuple(one for one in each[0] if all(one in other for other in each)) if each else ()
