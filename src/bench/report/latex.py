r"""A table as LaTeX for \input: needs the package booktabs and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bench.printable import one_line
from bench.report import legend, words
from bench.report.below import below
from bench.report.remarks import remarks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.report.below import Extra
    from bench.report.blocks import Block
    from bench.report.spec import TableSpec
    from bench.report.words import Cell, GridRow

_SIGNS = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # Behind the \\ of the row above, TeX would take these for its arguments.
    "[": "{[}",
    "*": "{*}",
    "±": r"$\pm$",
    "–": "--",
    "−": "$-$",
    "×": r"$\times$",
    "·": r"\textperiodcentered{}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "“": "``",
    "”": "''",
    "π": r"$\pi$",
}
_ANY = re.compile("|".join(re.escape(sign) for sign in _SIGNS))


def escape(text: str) -> str:
    """Make plain text LaTeX: one line, no sign that TeX would act on."""
    return _ANY.sub(lambda found: _SIGNS[found.group()], one_line(text))


def render(spec: TableSpec, blocks: Sequence[Block]) -> str:
    """Write one table environment for each block."""
    parts = [
        "% Made by python -m bench.report from records alone; do not edit.",
        r"% Needs \usepackage{booktabs} in the preamble.",
    ]
    for index, block in enumerate(blocks):
        parts += _block(spec, block, f"tab:{spec.name}:{index + 1}")
    return "\n".join(parts) + "\n"


def _block(spec: TableSpec, block: Block, label: str) -> list[str]:
    rows = words.grid(spec, block)
    notes = words.footnotes(rows)
    told = [*legend.header(spec), *remarks(spec, block)]
    marked = [_superscript(index) + escape(note) for index, note in enumerate(notes)]
    columns = "llr" + "r" * len(spec.columns) + "l"
    return [
        "",
        r"\begin{table}[ht]",
        r"\centering\footnotesize\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{escape(spec.title)}. {escape(words.heading(block))}.}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(escape(title) for title in words.titles(spec)) + r" \\",
        *(line for row in rows for line in _row(row, notes)),
        r"\bottomrule",
        r"\end{tabular}",
        "",
        r"\smallskip\raggedright\scriptsize",
        *(rf"{text}\par" for text in [*(escape(line) for line in told), *marked]),
        r"\end{table}",
        *(line for extra in below(spec, block) for line in _extra(spec, extra)),
    ]


def _extra(spec: TableSpec, extra: Extra) -> list[str]:
    """Write a small table below the table as one of its own."""
    caption = f"{spec.title}: {extra.title.lower()}. {extra.remark}"
    return [
        "",
        r"\begin{table}[ht]",
        r"\centering\footnotesize",
        rf"\caption{{{escape(caption)}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(extra.titles) - 1)}}}",
        r"\toprule",
        " & ".join(escape(title) for title in extra.titles) + r" \\",
        r"\midrule",
        *(" & ".join(escape(cell) for cell in row) + r" \\" for row in extra.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]


def _row(row: GridRow, notes: Sequence[str]) -> list[str]:
    """Write one printed row under a comment that names its records."""
    label = row.entry.row.latex or escape(row.entry.row.label)
    suffix = escape(f" · {row.suffix}") if row.suffix else ""
    first = label + (f" {suffix}" if suffix else "") + _marks(row.notes, notes)
    printed = " & ".join([first, *(_cell(cell, notes) for cell in row.cells)]) + r" \\"
    if row.line is None:
        return [printed]
    runs = " ".join(run.run_id for run in row.line.runs) or "none"
    opening = [r"\midrule"] if row.line is row.entry.lines[0] else []
    return [*opening, f"% records: {runs}", printed]


def _superscript(index: int) -> str:
    return rf"\textsuperscript{{{words.mark(index)}}}"


def _marks(own: Sequence[str], notes: Sequence[str]) -> str:
    return "".join(_superscript(notes.index(note)) for note in own)


def _cell(cell: Cell, notes: Sequence[str]) -> str:
    text = escape(cell.text)
    return (rf"\textbf{{{text}}}" if cell.strong else text) + _marks(cell.notes, notes)
