"""The papers' tables in the words of their Markdown, as plain data for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report import legend, words
from bench.report.analyses.grid import PAPER
from bench.report.analyses.pages import notes_of
from bench.report.below import below
from bench.report.figures.drawings import drawings
from bench.report.page.names import natural
from bench.report.remarks import remarks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bench.report.analyses.grid import Grid
    from bench.report.analyses.grid import Part as GridPart
    from bench.report.below import Extra
    from bench.report.blocks import Block
    from bench.report.figures.drawings import Drawing
    from bench.report.runs import Run
    from bench.report.spec import TableSpec
    from bench.report.words import Cell, GridRow

TABLES = "tables"
FIGURES = "figures"
ENDINGS = ("md", "tex", "csv")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row: texts first, then numbers."""

    label: str
    suffix: str = ""
    """Settings that tell it from its neighbours."""
    cells: tuple[Cell, ...]
    """Behind the label."""
    notes: tuple[str, ...] = ()
    ours: bool


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a row is from: runs of the page, or other files below the results folder."""

    label: str
    runs: tuple[tuple[str, Run], ...] = ()
    """What is said of each, and the run."""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows under the same heads."""

    heading: str
    synthetic: bool = False
    remarks: tuple[str, ...]
    heads: tuple[str, ...]
    texts: int
    """How many of the first columns hold text."""
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    """Footnotes of the rows and cells."""
    figure: str | None = None
    """Stem of its files."""
    figure_title: str = ""
    extras: tuple[Extra, ...] = ()
    sources: tuple[Source, ...] = ()

    def marks(self, notes: Sequence[str]) -> str:
        """The letters of some of its notes."""
        return " ".join(f"({words.mark(self.notes.index(note))})" for note in notes)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table with all its parts."""

    name: str
    """Stem of its files."""
    title: str
    remarks: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def synthetic(self) -> bool:
        """Whether nothing in it is of real rows."""
        return all(part.synthetic for part in self.parts)


def ordered(sheets: Iterable[Sheet]) -> list[Sheet]:
    """By title, with Table 9 before Table 10."""
    return sorted(sheets, key=lambda sheet: natural(sheet.title))


def has_value(blocks: Sequence[Block]) -> bool:
    """Whether any run of ours gave a table a number."""
    return any(
        value.mean is not None for block in blocks for line in block.lines for value in line.values
    )


def sheet_of(spec: TableSpec, blocks: Sequence[Block]) -> Sheet:
    """The table of a spec: every block with runs."""
    drawn = {drawing.setting: drawing for drawing in drawings(spec, blocks)}
    return Sheet(
        name=spec.name,
        title=spec.title,
        remarks=tuple(legend.header(spec)),
        parts=tuple(
            _block(spec, block, drawn.get(block.setting)) for block in blocks if any(block.lines)
        ),
    )


def _block(spec: TableSpec, block: Block, drawing: Drawing | None) -> Part:
    rows = words.grid(spec, block)
    return Part(
        heading=words.heading(block),
        synthetic=not block.setting.real,
        remarks=tuple(remarks(spec, block)),
        heads=tuple(words.titles(spec)),
        texts=2,
        lines=tuple(
            Line(
                label=row.entry.row.label,
                suffix=row.suffix,
                cells=row.cells,
                notes=row.notes,
                ours=row.line is not None,
            )
            for row in rows
        ),
        notes=words.footnotes(rows),
        figure=drawing.name if drawing else None,
        figure_title=drawing.title if drawing else "",
        extras=tuple(below(spec, block)),
        sources=tuple(source for row in rows for source in _runs(row)),
    )


def _runs(row: GridRow) -> Iterator[Source]:
    """The runs behind a row of ours."""
    line = row.line
    if line is None or not line.runs:
        return
    counted = [(words.of_seed(line, run), run) for run in line.counted]
    lost = [(f"did not finish: {words.of_seed(line, run)}", run) for run in line.unfinished]
    old = [(f"superseded: {words.of_seed(line, run)}", run) for run in line.superseded]
    label = " · ".join(filter(None, (row.entry.row.label, row.suffix)))
    yield Source(label=label, runs=(*counted, *lost, *old))


def sheet_of_grid(grid: Grid) -> Sheet:
    """A table that is made of analyses."""
    return Sheet(
        name=grid.name,
        title=grid.title,
        remarks=grid.remarks,
        parts=tuple(_grid_part(part) for part in grid.parts),
    )


def _grid_part(part: GridPart) -> Part:
    links = dict.fromkeys((row.origin, row.links) for row in part.rows if row.links)
    return Part(
        heading=part.heading,
        remarks=part.remarks,
        heads=part.heads,
        texts=part.texts,
        lines=tuple(
            Line(
                label=row.cells[0].text,
                cells=row.cells[1:],
                notes=row.cells[0].notes,
                ours=all(cell.text != PAPER for cell in row.cells[: part.texts]),
            )
            for row in part.rows
        ),
        notes=tuple(notes_of(part)),
        figure=part.figure.name if part.figure else None,
        figure_title=part.figure.title if part.figure else "",
        sources=tuple(Source(label=origin, files=files) for origin, files in links),
    )
