"""What a table says, in plain text: the same words for Markdown, LaTeX and the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report.legend import HOLE
from bench.report.values import NOT_RUN
from bench.report.verdicts import verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.report.blocks import Block, Entry, Line
    from bench.report.published import PublishedRow
    from bench.report.runs import Run
    from bench.report.spec import Column, TableSpec
    from bench.report.values import Value

ARROWS = {"higher": "↑", "lower": "↓"}
MARKS = {"measured": "paper", "quoted": "paper*"}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A text with the notes that belong to it."""

    text: str
    notes: tuple[str, ...] = ()
    strong: bool = False


@dataclass(frozen=True, kw_only=True)
class GridRow:
    """One printed row: ours, or the paper's."""

    entry: Entry
    line: Line | None
    """Our line; None in the paper's row."""
    suffix: str
    """Settings that tell the line from its neighbours."""
    cells: tuple[Cell, ...]
    """Numbers, Parameters, one a metric, Seeds."""
    notes: tuple[str, ...]
    """What is to be said about the whole row."""


def heading(block: Block) -> str:
    """Name model, preset, kind of data and extent of a block."""
    return f"{block.model_title} · {conditions(block)}"


def conditions(block: Block) -> str:
    """Name preset, kind of data and extent of a block."""
    setting = block.setting
    data = "real data" if setting.real else "synthetic data"
    rows = "part of the rows" if setting.partial else "all rows"
    own = " (the paper's setting)" if block.paper else ""
    return f"{setting.preset} preset · {data} · {rows}{own}"


def titles(spec: TableSpec) -> list[str]:
    """Head the columns."""
    metrics = [f"{column.label} {ARROWS[column.better]}" for column in spec.columns]
    return ["Method", "Source", "Parameters", *metrics, "Seeds"]


def grid(spec: TableSpec, block: Block) -> list[GridRow]:
    """Lay out the rows of a block: for each method our lines, then the paper's."""
    rows = []
    for entry in block.entries:
        for line in entry.lines:
            rows.append(_ours(spec, block, entry, line))
            if block.paper and line.values and not line.deviations:
                rows.append(_beside(spec, block, entry, line))
        if entry.published is not None:
            rows.append(_papers(spec, entry, entry.published))
    return rows


def _ours(spec: TableSpec, block: Block, entry: Entry, line: Line) -> GridRow:
    values = line.values or (None,) * len(spec.columns)
    metrics = [_value(column, value) for column, value in zip(spec.columns, values, strict=True)]
    own = tuple(one for one in line.deviations if one not in block.shared)
    return GridRow(
        entry=entry,
        line=line,
        suffix=", ".join(line.label),
        cells=(Cell(text="ours"), Cell(text=parameters(line)), *metrics, Cell(text=seeds(line))),
        notes=(
            *((f"differs from the paper in {', '.join(own)}",) if own else ()),
            *_stale(line),
            *_reasons(line),
        ),
    )


def _reasons(line: Line) -> tuple[str, ...]:
    """Say what runs that failed told, each thing once."""
    told = (f"{run.error}: {run.reason}" for run in line.unfinished if run.reason)
    return tuple(dict.fromkeys(told))


def _stale(line: Line) -> tuple[str, ...]:
    """Say which runs older components made: run again, they would not give the same."""
    reasons = dict.fromkeys(reason for run in line.counted for reason in run.stale)
    return (f"stale, made by older components ({'; '.join(reasons)})",) if reasons else ()


def _beside(spec: TableSpec, block: Block, entry: Entry, line: Line) -> GridRow:
    """Our line less the published one, and whether that is inside our interval."""
    cells = []
    for number, column in enumerate(spec.columns):
        found = verdict(spec, block, line, number, entry.published)
        told = f"{found.difference:+.{column.digits}f}, {found.text}" if found.text else HOLE
        cells.append(Cell(text=told))
    return GridRow(
        entry=entry,
        line=None,
        suffix=", ".join(line.label),
        cells=(Cell(text="ours − paper"), Cell(text=""), *cells, Cell(text="")),
        notes=(),
    )


def _papers(spec: TableSpec, entry: Entry, row: PublishedRow) -> GridRow:
    metrics = [Cell(text=_printed(column, row)) for column in spec.columns]
    mark = Cell(text=MARKS[row.source])
    return GridRow(
        entry=entry,
        line=None,
        suffix="",
        cells=(mark, Cell(text=row.params or HOLE), *metrics, Cell(text="")),
        notes=(row.note,) if row.note else (),
    )


def _value(column: Column, value: Value | None) -> Cell:
    if value is None:
        return Cell(text=HOLE)
    if value.hole is not None:
        said = () if value.hole == NOT_RUN else (f"{column.label}: {value.hole}",)
        return Cell(text=HOLE, notes=said)
    notes = (value.note,) if value.note else ()
    if value.mean is None:
        return Cell(text="n/a", notes=notes)
    return Cell(text=number(column, value.mean, value.std), notes=notes, strong=value.leads)


def _printed(column: Column, row: PublishedRow) -> str:
    value = row.values.get(column.printed)
    return HOLE if value is None else number(column, value, (row.std or {}).get(column.printed))


def number(column: Column, mean: float, std: float | None) -> str:
    """A mean and its deviation with the column's digits."""
    text = f"{mean:.{column.digits}f}"
    return text if std is None else f"{text} ± {std:.{column.digits}f}"


def parameters(line: Line) -> str:
    """Count trained parameters; classification heads, which differ by task, apart."""
    known = [run.params for run in line.runs if "trained" in run.params]
    heads = {params.get("head", 0) for params in known}
    own = " / ".join(f"{one:,}" for one in sorted({p["trained"] - p.get("head", 0) for p in known}))
    if not known or heads == {0}:
        return own or HOLE
    low, high = f"{min(heads):,}", f"{max(heads):,}"
    return f"{own} + {low} (head)" if low == high else f"{own} + {low} to {high} (head)"


def seeds(line: Line) -> str:
    """Say how many seeds the mean is over, or why there is none."""
    if not line.counted:
        return line.status
    ended = zip(line.unfinished, line.problems, strict=True)
    lost = [f"{of_seed(line, run)} {problem}" for run, problem in ended]
    low, high = line.seeds[0], line.seeds[-1]
    n = f"n={low}" if low == high else f"n={low} to {high}"
    return ", ".join([n, *lost])


def of_seed(line: Line, run: Run) -> str:
    """The seed of a run, with its task where the line has several."""
    return f"{run.task} seed {run.seed}" if line.tasks > 1 else f"seed {run.seed}"


def footnotes(rows: Iterable[GridRow]) -> tuple[str, ...]:
    """Collect every note of the rows once, in the order in which a reader meets them."""
    found: dict[str, None] = {}
    for row in rows:
        for note in (*row.notes, *(note for cell in row.cells for note in cell.notes)):
            found[note] = None
    return tuple(found)


def mark(index: int) -> str:
    """Give the letter of the footnote with this index: a to z, then aa, ab ..."""
    high, low = divmod(index, 26)
    return (mark(high - 1) if high else "") + chr(ord("a") + low)
