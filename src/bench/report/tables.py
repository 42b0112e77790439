"""Records × table spec × published numbers -> blocks of rows: pure functions, no text layout.

Only runs that differ in nothing but the seed are averaged, and a block holds one model,
preset, kind of data (real or synthetic) and extent (all rows or part of them).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from bench.report.blocks import Block, Entry, Line, Setting
from bench.report.leaders import with_leaders
from bench.report.nearest import nearest
from bench.report.seeds import seeds_of
from bench.report.settings import by_size, deviations, labels
from bench.report.values import problem, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.report.published import PublishedRow
    from bench.report.runs import Run
    from bench.report.spec import RowSpec, TableSpec


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


def lines_of(
    spec: TableSpec, row: RowSpec, own: Sequence[Run], block: Sequence[Run]
) -> tuple[Line, ...]:
    """Make one line for each group of its `own` runs that a row shows; a hole where there is none.

    Runs of several tasks share a line where the same settings tell them from their neighbours.
    """
    alike: dict[tuple[str, ...], list[Run]] = {}
    ordered = sorted(own, key=lambda run: (run.task, run.group, run.seed, run.age))
    for _, of_task in groupby(ordered, key=lambda run: run.task):
        every = [list(group) for _, group in groupby(of_task, key=lambda run: run.group)]
        groups = nearest(spec, row, every, block)
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
    first = {run.task: run for run in reversed(runs)}
    several = len(spec.tasks) > 1
    return tuple(
        f"{task}: {one}" if several else one
        for task in spec.tasks
        if task in first
        for one in deviations(first[task].settings, spec.stated(task, row))
    )


def block_of(spec: TableSpec, setting: Setting, runs: Sequence[Run]) -> Block:
    """Make one block with every method of the spec."""
    own = paper_setting(spec)
    titles = sorted(run.model_title for run in runs)
    title = spec.model.title if setting.model == spec.model.name else next(iter(titles), "")
    entries = tuple(entry_of(spec, row, runs) for row in spec.rows)
    paper = setting == own and spec.published is not None
    block = Block(setting=setting, model_title=title, paper=paper, entries=entries)
    return with_leaders(block, spec.columns)


def entry_of(spec: TableSpec, row: RowSpec, block: Sequence[Run]) -> Entry:
    """What a block shows of one method, and which runs it leaves out."""
    own = [run for run in block if spec.holds(run, row)]
    lines = lines_of(spec, row, own, block)
    shown = {(run.task, run.group) for line in lines for run in line.runs}
    left_out = tuple(run for run in own if (run.task, run.group) not in shown)
    return Entry(row=row, published=_printed(spec, row), lines=lines, left_out=left_out)


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
