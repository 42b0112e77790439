"""Texts of a figure: what is typeset, what is shortened, and how wide it gets."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bench.report.figures.pictures import Row

INK, FAINT = "#222222", "#666666"
SMALL, MEDIUM, LARGE = 7.0, 8.0, 9.5
"""Sizes of type, in points."""
LABEL_LETTERS, NOTE_LETTERS = 40, 30
NOTE = 0.12
"""Height of a line of notes, in inches."""
SPACE = 0.12
"""Between a label and its panel, in inches."""
POINTS_PER_INCH = 72


def plain(text: str) -> str:
    """Make text one line without the characters that XML has no place for."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def typeset(label: str) -> tuple[str, bool]:
    r"""Raise or lower the index of LoRMA_π, FT^{q,v} or LoRMA_+, post.

    Returns the text, and whether TeX's signs act. A label of any other form is taken as it is,
    and cut where it would leave no room.
    """
    text = plain(label)
    if len(text) > LABEL_LETTERS:
        return f"{text[: LABEL_LETTERS - 1]}…", False
    index = r"([_^])\{?([^\W_]+|[\w+*,.]*[+*,.][\w+*,.]*)\}?"
    found = re.fullmatch(rf"([^_^$\\{{}}]+){index}(, [^_^$\\{{}}]+)?", text)
    if not found or "_" in found[3]:
        return text, False
    return rf"{found[1]}${found[2]}{{\mathregular{{{found[3]}}}}}${found[4] or ''}", True


def unit(text: str) -> str:
    """Write `x100` as a scaled score, and any other unit as it is."""
    scale = re.fullmatch(r"x(\d+)", text)
    return f"score × {scale[1]}" if scale else plain(text)


def note_lines(row: Row) -> list[str]:
    """Break the notes of a row into lines that fit beside the panels."""
    return textwrap.wrap(plain(", ".join(row.notes)), NOTE_LETTERS)


def label_width(figure: Figure, rows: Sequence[Row]) -> float:
    """Measure the widest label or note, in inches."""
    texts = []
    for row in rows:
        label, parsed = typeset(row.label)
        texts.append(figure.text(0, 0, label, size=MEDIUM, parse_math=parsed))
        texts += [figure.text(0, 0, line, size=SMALL, parse_math=False) for line in note_lines(row)]
    width = max(text.get_window_extent().width for text in texts) / figure.dpi
    for text in texts:
        text.remove()
    return float(width)


def draw_labels(axes: Axes, rows: Sequence[Row]) -> None:
    """Write each row's label left of the panel, and its notes below the label."""
    for index, row in enumerate(rows):
        lines = note_lines(row)
        label, parsed = typeset(row.label)
        texts = [(label, parsed, MEDIUM, INK), *((line, False, SMALL, FAINT) for line in lines)]
        for number, (text, parse_math, size, color) in enumerate(texts):
            axes.annotate(
                text,
                xy=(0.0, index),
                xycoords=("axes fraction", "data"),
                xytext=(
                    -SPACE * POINTS_PER_INCH,
                    NOTE * POINTS_PER_INCH * (len(lines) / 2 - number),
                ),
                textcoords="offset points",
                ha="right",
                va="center",
                size=size,
                color=color,
                parse_math=parse_math,
            )
