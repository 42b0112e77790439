"""Lines over an axis as a figure: the same bytes on every run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.report.figures.axes import draw_axes
from bench.report.figures.draw import files_of
from bench.report.figures.lettering import FAINT, INK, LARGE, MEDIUM, SMALL, plain, typeset
from bench.report.figures.lines import style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.figure import Figure

    from bench.report.figures.lines import Line, Panel

WIDTH, HEIGHT, TOP, BOTTOM, LEFT, RIGHT, GAP = 7.0, 2.3, 0.66, 0.48, 0.62, 0.12, 0.62
"""Inches; HEIGHT is that of a panel."""
LINE_HEIGHT = 0.17
NAME = 0.2
"""Of the panel's title."""
COLUMNS = 2
"""Panels abreast."""


def render(title: str, subtitle: str, panels: Sequence[Panel]) -> dict[str, bytes]:
    """The content of the figure's files by ending, svg and png."""
    whole = plain(f"{title}: {subtitle}")
    return files_of(lambda: draw(title, subtitle, panels), whole)


def draw(title: str, subtitle: str, panels: Sequence[Panel]) -> Figure:
    """Panels in rows of two under their titles, with one legend below for all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = sorted((one for panel in panels for one in panel.lines), key=lambda one: one.style)
    labels = {line.label: line for line in lines}
    abreast = legend_columns(labels)
    below = LINE_HEIGHT * math.ceil(len(labels) / abreast) + 0.1
    columns = min(len(panels), COLUMNS)
    band = NAME + HEIGHT + BOTTOM
    height = TOP - NAME + math.ceil(len(panels) / columns) * band + below
    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    width = (WIDTH - LEFT - RIGHT - GAP * (columns - 1)) / columns
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        x, y = LEFT + column * (width + GAP), height - TOP - row * band - HEIGHT
        box = (x / WIDTH, y / height, width / WIDTH, HEIGHT / height)
        draw_axes(figure.add_axes(box), panel)
    for text, size, weight, color, top in (
        (title, LARGE, "bold", INK, 0.13),
        (subtitle, MEDIUM, None, FAINT, 0.33),
    ):
        figure.text(
            LEFT / 5 / WIDTH, 1 - top / height, plain(text),
            size=size, weight=weight, color=color, va="center", parse_math=False,
        )  # fmt: skip
    _draw_legend(figure, list(labels.values()), abreast)
    return figure


def legend_columns(labels: Iterable[str]) -> int:
    """How many names fit abreast."""
    longest = max(len(label) for label in labels)
    return next((columns for columns, room in ((4, 16), (2, 40)) if longest <= room), 1)


def _draw_legend(figure: Figure, lines: Sequence[Line], abreast: int) -> None:
    """Name the lines."""
    from matplotlib.lines import Line2D

    shown = [Line2D([], [], **style(line)) for line in lines]
    named = [typeset(line.label) for line in lines]
    legend = figure.legend(
        shown, [text for text, _ in named], loc="lower left", bbox_to_anchor=(0.01, 0.0),
        ncols=abreast, frameon=False, fontsize=SMALL, borderaxespad=0.2, handlelength=3.0,
    )  # fmt: skip
    for text, (_, parsed) in zip(legend.get_texts(), named, strict=True):
        text.set_parse_math(parsed)
