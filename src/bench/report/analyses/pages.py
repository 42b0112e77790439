"""A plain table as Markdown, LaTeX and CSV, in the voice of the other tables."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

from tabulate import tabulate

from bench.report import latex, markdown
from bench.report.analyses.grid import Fact
from bench.report.tidy import csv_text
from bench.report.words import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.report.analyses.grid import Grid, Part, Row
    from bench.report.words import Cell

_SIGNS = {
    "Δ": r"$\Delta$", "Σ": r"$\Sigma$", "σ": r"$\sigma$", "λ": r"$\lambda$", "√": r"$\surd$",
    "²": r"\textsuperscript{2}", "³": r"\textsuperscript{3}", "⁶": r"\textsuperscript{6}",
    "⁻": r"\textsuperscript{--}", "₀": r"$_0$",
}  # fmt: skip
"""Signs of these tables that LaTeX has no letter for, and other tables do not have."""
_ANY = re.compile("|".join(_SIGNS))
MADE = "Made by python -m bench.report from the files that it links to; do not edit."


def tex(text: str) -> str:
    """Make plain text LaTeX."""
    return _ANY.sub(lambda found: _SIGNS[found.group()], latex.escape(text))


def notes_of(part: Part) -> list[str]:
    """Every note of the cells once, in the order in which a reader meets them."""
    cells = (cell for row in part.rows for cell in row.cells)
    return list(dict.fromkeys(note for cell in cells for note in cell.notes))


def _cell(
    cell: Cell,
    notes: Sequence[str],
    escape: Callable[[str], str],
    strong: str,
    marked: str,
) -> str:
    """A cell's text with the marks of its notes; `strong` and `marked` are formats."""
    text = escape(cell.text)
    marks = (marked.format(mark(notes.index(note))) for note in cell.notes)
    return (strong.format(text) if cell.strong else text) + "".join(marks)


def as_markdown(grid: Grid) -> str:
    """The whole page."""
    parts = [f"# {markdown.escape(grid.title)}", _list(grid.remarks)]
    for part in grid.parts:
        parts += _markdown_part(part)
    parts.append(f"*{markdown.escape(MADE)}*")
    return "\n\n".join(text for text in parts if text) + "\n"


def _list(texts: Sequence[str]) -> str:
    return "\n".join(f"- {markdown.escape(text)}" for text in texts)


def _markdown_part(part: Part) -> list[str]:
    notes = notes_of(part)
    table = tabulate(
        [
            [_cell(cell, notes, markdown.escape, "**{}**", " ({})") for cell in row.cells]
            for row in part.rows
        ],
        headers=[markdown.escape(head) for head in part.heads],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["left" if index < part.texts else "right" for index in range(len(part.heads))],
    )
    marked = [f"- ({mark(index)}) {markdown.escape(note)}" for index, note in enumerate(notes)]
    found = [f"## {markdown.escape(part.heading)}", _list(part.remarks), table, "\n".join(marked)]
    if part.figure:
        title = markdown.escape(part.figure.title)
        found.append(f"![{title}](../figures/{part.figure.name}.svg)")
    links = [line for row in part.rows if (line := _links(row))]
    return [*found, *(["From:", "\n".join(dict.fromkeys(links))] if links else [])]


def _links(row: Row) -> str:
    """Link a row to the files that it is from, relative to results/tables/."""
    if not row.links:
        return ""
    files = ", ".join(f"[{markdown.escape(link)}](../{link})" for link in row.links)
    return f"- {markdown.escape(row.origin)}: {files}"


def as_latex(grid: Grid) -> str:
    """Write one table environment for each part."""
    lines = [f"% {MADE}", r"% Needs \usepackage{booktabs} in the preamble."]
    for index, part in enumerate(grid.parts):
        lines += _latex_part(grid, part, f"tab:{grid.name}:{index + 1}")
    return "\n".join(lines) + "\n"


def _latex_part(grid: Grid, part: Part, label: str) -> list[str]:
    notes = notes_of(part)
    marked = [rf"\textsuperscript{{{mark(index)}}}{tex(note)}" for index, note in enumerate(notes)]
    below = [*(tex(text) for text in (*grid.remarks, *part.remarks)), *marked]
    columns = "l" * part.texts + "r" * (len(part.heads) - part.texts)
    return [
        "",
        r"\begin{table}[ht]",
        r"\centering\footnotesize\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{tex(grid.title)}. {tex(part.heading)}.}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(tex(head) for head in part.heads) + r" \\",
        r"\midrule",
        *(line for row in part.rows for line in _latex_row(row, notes)),
        r"\bottomrule",
        r"\end{tabular}",
        "",
        r"\smallskip\raggedright\scriptsize",
        *(rf"{text}\par" for text in below),
        r"\end{table}",
    ]


def _latex_row(row: Row, notes: Sequence[str]) -> list[str]:
    """Write one printed row under a comment that names its files."""
    cells = [
        _cell(cell, notes, tex, r"\textbf{{{}}}", r"\textsuperscript{{{}}}") for cell in row.cells
    ]
    source = [f"% from: {' '.join(row.links)}"] if row.links else []
    return [*source, " & ".join(cells) + r" \\"]


def as_csv(grid: Grid) -> str:
    """One row a number, with ten significant digits."""
    columns = ("table", *(field.name for field in fields(Fact)))
    return csv_text(columns, ({"table": grid.name, **vars(fact)} for fact in grid.facts))
