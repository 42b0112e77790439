"""What a figure shows, as plain data: which points stand where, and which do not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from bench.report import words
from bench.report.figures.scale import axis, interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bench.report.blocks import Block, Entry, Line, Setting
    from bench.report.published import PublishedRow
    from bench.report.spec import Column, TableSpec

MOST_ROWS = 80
"""Of a figure."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One number in one panel, in the table's unit."""

    row: int
    """Index into the rows of the picture."""
    mean: float
    std: float | None
    """Half of the error bar; None for a single seed, or where a paper prints none."""
    published: bool
    """A paper's number, drawn hollow; ours otherwise."""
    beyond: Literal["left", "right"] | None = None
    """The side on which it leaves the axis; it is then named there instead."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A label of the vertical axis, shared by all panels."""

    label: str
    notes: tuple[str, ...] = ()
    """Settings that tell it from its neighbours, seeds, or what became of its runs."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One metric."""

    column: Column
    points: tuple[Point, ...]
    absent: tuple[int, ...]
    """Rows that finished without a value of this metric."""
    limits: tuple[float, float]
    """Ends of the axis, in the table's unit."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One block of a table."""

    name: str
    """Stem of its files."""
    setting: Setting
    title: str
    subtitle: str
    rows: tuple[Row, ...]
    panels: tuple[Panel, ...]


def pictures(spec: TableSpec, blocks: Iterable[Block]) -> tuple[Picture, ...]:
    """Choose the blocks that get a figure: those with a value of ours, real data before synthetic.

    Synthetic data is drawn only where no block with real data has a value, and more rows than an
    eye takes in are left to the table.
    """
    valued = [block for block in blocks if any(_values(block))]
    real = [block for block in valued if block.setting.real]
    drawn = real or valued
    found = (_picture(spec, block) for block in drawn)
    return tuple(picture for picture in found if len(picture.rows) <= MOST_ROWS)


def slug(setting: Setting) -> str:
    """Name a block in a file name."""
    data = "real" if setting.real else "synthetic"
    return f"{setting.model}-{setting.preset}-{data}{'-partial' * setting.partial}"


def _values(block: Block) -> Iterator[bool]:
    """Say of every value of ours whether there is a number."""
    return (value.mean is not None for line in block.lines for value in line.values)


def _picture(spec: TableSpec, block: Block) -> Picture:
    seeds = {number for line in block.lines for number in line.seeds}
    rows: list[Row] = []
    ours: list[tuple[int, Line]] = []
    # The published number shares the row of a run with the paper's settings; where every
    # run leaves them, it has a row of its own.
    papers: list[tuple[int, PublishedRow]] = []
    for entry in block.entries:
        shown = list(enumerate(_shown(block, entry), start=len(rows)))
        ours += shown
        rows += [_row(block, entry, line, several=len(seeds) > 1) for _, line in shown]
        if block.paper and entry.published is not None:
            alike = [row for row, line in shown if not line.deviations]
            papers.append((alike[0] if alike else len(rows), entry.published))
            rows += [] if alike else [Row(label=entry.row.label, notes=("published",))]
    return Picture(
        name=f"{spec.name}-{slug(block.setting)}",
        setting=block.setting,
        title=f"{spec.dataset or spec.tasks[0]} · {block.model_title}",
        subtitle=f"{words.conditions(block)} · {_seeds(seeds)}",
        rows=tuple(rows),
        panels=tuple(_panels(spec, ours, papers)),
    )


def _shown(block: Block, entry: Entry) -> list[Line]:
    """Give the lines that get a row: a hole has one only beside its published number."""
    return [line for line in entry.lines if line.runs or block.paper]


def _row(block: Block, entry: Entry, line: Line, *, several: bool) -> Row:
    notes = list(line.label)
    if several or line.unfinished or not line.counted:
        notes.append(words.seeds(line))
    if block.paper and line.deviations:
        notes.append("not the paper's settings")
    return Row(label=entry.row.label, notes=tuple(notes))


def _seeds(counts: set[int]) -> str:
    low, high = min(counts), max(counts)
    return f"n={low}{f' to {high}' if high > low else ''} seed{'s' * (high > 1)}"


def _panels(
    spec: TableSpec, ours: Sequence[tuple[int, Line]], papers: Sequence[tuple[int, PublishedRow]]
) -> Iterator[Panel]:
    """Make the panel of every metric that has a number."""
    for index, column in enumerate(spec.columns):
        points, absent = [], []
        for row, line in ours:
            value = line.values[index] if line.values else None
            if value is not None and value.mean is not None:
                points.append(Point(row=row, mean=value.mean, std=value.std, published=False))
            elif value is not None:
                absent.append(row)
        for row, published in papers:
            mean = published.values.get(column.printed)
            std = (published.std or {}).get(column.printed)
            if mean is not None:
                points.append(Point(row=row, mean=mean, std=std, published=True))
        if points:
            yield _panel(column, points, absent)


def _panel(column: Column, points: Sequence[Point], absent: Sequence[int]) -> Panel:
    spans = [interval(point.mean, point.std) for point in points]
    kept, (low, high) = axis(spans, column.digits)
    placed = tuple(
        point if is_kept else replace(point, beyond="left" if point.mean < low else "right")
        for point, is_kept in zip(points, kept, strict=True)
    )
    return Panel(column=column, points=placed, absent=tuple(absent), limits=(low, high))
