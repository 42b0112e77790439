"""Records × table spec × published numbers -> blocks of rows: pure functions, no text layout.

Only runs that differ in nothing but the seed are averaged, and a block holds one model,
preset, kind of data (real or synthetic) and extent (all rows or part of them).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from bench.report.leaders import with_leaders
from bench.report.seeds import Seeds, seeds_of
from bench.report.settings import by_size, deviations, labels
from bench.report.values import NOT_RUN, Value, problem, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.report.published import PublishedRow
    from bench.report.runs import Run
    from bench.report.spec import RowSpec, TableSpec


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


def setting_of(run: Run) -> Setting:
    """Name the block that a run belongs to."""
    return Setting(model=run.model, preset=run.preset, real=run.real, partial=run.partial)


def line_of(spec: TableSpec, row: RowSpec, runs: Iterable[Run], block: Sequence[Run] = ()) -> Line:
    """Reduce the runs of a group of each task: the newest finished run of each seed counts.

    `block` are all runs of the block, for values that are measured by another method's.
    """
    order = spec.tasks.index
    by_seed = sorted(runs, key=lambda run: (order(run.task), run.seed, run.age))
    seeds = seeds_of(by_seed)
    counted, unfinished = seeds.counted, seeds.unfinished
    words = dict.fromkeys(problem(run) for run in unfinished)
    return Line(
        deviations=deviations_of(spec, row, by_seed),
        status="finished" if counted else "; ".join(words),
        values=values_of(spec.columns, counted, unfinished, block) if counted else (),
        **vars(seeds),
    )


def lines_of(spec: TableSpec, row: RowSpec, block: Sequence[Run]) -> tuple[Line, ...]:
    """Make one line for each group of runs of a method in a block; a hole where there is none.

    Runs of several tasks share a line where the same settings tell them from their neighbours.
    """
    alike: dict[tuple[str, ...], list[Run]] = {}
    own = (run for run in block if spec.holds(run, row))
    ordered = sorted(own, key=lambda run: (run.task, run.group, run.seed, run.age))
    for _, of_task in groupby(ordered, key=lambda run: run.task):
        groups = [list(group) for _, group in groupby(of_task, key=lambda run: run.group)]
        for label, group in zip(labels([one[0] for one in groups]), groups, strict=True):
            alike.setdefault(label, []).extend(group)
    if not alike:
        return (Line(),)
    return tuple(
        replace(line_of(spec, row, alike[label], block), label=label)
        for label in sorted(alike, key=by_size)
    )


def deviations_of(spec: TableSpec, row: RowSpec, runs: Sequence[Run]) -> tuple[str, ...]:
    """Where the settings of the runs leave what the paper states, of each task."""
    stated = {**spec.setting, **row.setting}
    first = {run.task: run for run in reversed(runs)}
    several = len(spec.tasks) > 1
    return tuple(
        f"{task}: {one}" if several else one
        for task in spec.tasks
        if task in first
        for one in deviations(first[task].settings, stated)
    )


def block_of(spec: TableSpec, setting: Setting, runs: Sequence[Run]) -> Block:
    """Make one block with every method of the spec."""
    own = paper_setting(spec)
    titles = sorted(run.model_title for run in runs)
    title = spec.model.title if setting.model == spec.model.name else next(iter(titles), "")
    entries = tuple(
        Entry(
            row=row,
            published=_printed(spec, row),
            lines=lines_of(spec, row, runs),
        )
        for row in spec.rows
    )
    paper = setting == own and spec.published is not None
    block = Block(setting=setting, model_title=title, paper=paper, entries=entries)
    return with_leaders(block, spec.columns)


def _printed(spec: TableSpec, row: RowSpec) -> PublishedRow | None:
    """The published row of a method, in a published table."""
    if spec.published is None:
        return None
    return spec.published.row(spec.model.name, row.method, row.variant)


def paper_setting(spec: TableSpec) -> Setting:
    """Return the table's own setting: its model, the paper preset, all real rows."""
    return Setting(model=spec.model.name, preset="paper", real=True, partial=False)


def blocks_of(spec: TableSpec, runs: Iterable[Run]) -> tuple[Block, ...]:
    """Make all blocks of a table: its own setting first, even where nothing was run.

    A table of our own is of its model alone.
    """
    found: dict[Setting, list[Run]] = {paper_setting(spec): []}
    models = {spec.model.name} if spec.overrides else None
    tasks, measures = spec.tasks, []
    for run in runs:
        if run.task not in tasks or (models and run.model not in models):
            continue
        if any(spec.holds(run, row) for row in spec.rows):
            found.setdefault(setting_of(run), []).append(run)
        elif spec.holds(run):
            measures.append(run)
    for run in measures:
        found.get(setting_of(run), []).append(run)

    def rank(setting: Setting) -> tuple[bool, bool, bool, bool, str, str]:
        return (
            setting != paper_setting(spec),
            setting.preset != "paper",
            not setting.real,
            setting.partial,
            setting.model,
            setting.preset,
        )

    return tuple(block_of(spec, setting, found[setting]) for setting in sorted(found, key=rank))
