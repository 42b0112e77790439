"""A table as GitHub-flavoured Markdown that also reads well in a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tabulate import tabulate

from bench.printable import one_line
from bench.report import legend, words
from bench.report.below import below
from bench.report.figures.drawings import drawings
from bench.report.remarks import remarks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.report.below import Extra
    from bench.report.blocks import Block, Line
    from bench.report.figures.drawings import Drawing
    from bench.report.runs import Run
    from bench.report.spec import TableSpec
    from bench.report.words import Cell, GridRow

_SIGNS = re.compile(r"([\\`*\[\]<>|~&$]|(?<!\w)_|(?<!\S)#)")


def escape(text: str) -> str:
    """Make plain text Markdown: one line, no sign that would be read as markup."""
    return _SIGNS.sub(r"\\\1", one_line(text))


def render(spec: TableSpec, blocks: Sequence[Block]) -> str:
    """Write the whole page."""
    parts = [f"# {escape(spec.title)}", "\n".join(_list(legend.header(spec)))]
    drawn = {drawing.setting: drawing for drawing in drawings(spec, blocks)}
    for block in blocks:
        parts += _block(spec, block, drawn.get(block.setting))
    parts.append("*Made by `python -m bench.report` from records alone; do not edit.*")
    return "\n\n".join(parts) + "\n"


def _block(spec: TableSpec, block: Block, drawing: Drawing | None) -> list[str]:
    rows = words.grid(spec, block)
    notes = words.footnotes(rows)
    cells = [[_label(row, notes), *(_cell(cell, notes) for cell in row.cells)] for row in rows]
    alignment = ("left", "left", "right", *("right" for _ in spec.columns), "left")
    table = tabulate(
        cells,
        headers=words.titles(spec),
        tablefmt="pipe",
        disable_numparse=True,
        colalign=alignment,
    )
    said = _list(remarks(spec, block))
    lines = [f"- ({words.mark(index)}) {escape(note)}" for index, note in enumerate(notes)]
    records = [f"- {text}" for row in rows for text in _records(row)]
    parts = [f"## {escape(words.heading(block))}", "\n".join(said), table, "\n".join(lines)]
    if drawing:
        parts.append(f"![{escape(drawing.title)}](../figures/{drawing.name}.svg)")
    for extra in below(spec, block):
        parts += [f"### {escape(extra.title)}", escape(extra.remark), _extra(extra)]
    parts += ["Records:", "\n".join(records)] if records else []
    return [part for part in parts if part]


def _extra(extra: Extra) -> str:
    """A small table below the table."""
    return tabulate(
        [[escape(cell) for cell in row] for row in extra.rows],
        headers=[escape(title) for title in extra.titles],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=("left", *("right" for _ in extra.titles[1:])),
    )


def _list(texts: Iterable[str]) -> list[str]:
    return [f"- {escape(text)}" for text in texts]


def _marks(own: Sequence[str], notes: Sequence[str]) -> str:
    return "".join(f" ({words.mark(notes.index(note))})" for note in own)


def _cell(cell: Cell, notes: Sequence[str]) -> str:
    text = escape(cell.text)
    return (f"**{text}**" if cell.strong else text) + _marks(cell.notes, notes)


def _label(row: GridRow, notes: Sequence[str]) -> str:
    return _name(row) + _marks(row.notes, notes)


def _name(row: GridRow) -> str:
    suffix = f" · {escape(row.suffix)}" if row.suffix else ""
    return escape(row.entry.row.label) + suffix


def _records(row: GridRow) -> list[str]:
    """Link a row to its records, relative to results/tables/."""
    if row.line is None:
        return []
    kinds = (
        ("", row.line.counted),
        ("did not finish: ", row.line.unfinished),
        ("superseded by a newer run: ", row.line.superseded),
    )
    links = [
        f"{kind}{', '.join(_link(row.line, run) for run in runs)}" for kind, runs in kinds if runs
    ]
    return [f"{_name(row)}: {'; '.join(links)}"] if links else []


def _link(line: Line, run: Run) -> str:
    return f"{words.of_seed(line, run)} [{run.run_id}](../{run.link})"
