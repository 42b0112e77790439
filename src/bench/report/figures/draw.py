"""A picture as SVG and PNG: one small panel a metric, the same bytes on every run.

Sizes are inches. Everything is placed by hand from measured texts, as matplotlib's layout
engines may round differently from one process to the next.
"""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from bench.report.figures.lettering import (
    FAINT,
    INK,
    LARGE,
    MEDIUM,
    NOTE,
    SMALL,
    SPACE,
    draw_labels,
    label_width,
    note_lines,
    plain,
)
from bench.report.figures.marks import draw_panel, legend

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from bench.report.figures.pictures import Picture

MAKER = "python -m bench.report"
"""Stands in every SVG, and so tells ours from files of other programs."""
WIDTH, EDGE, GAP = 7.0, 0.12, 0.2
TITLE, NAME, AXIS, LEGEND = 0.46, 0.26, 0.4, 0.24
"""Heights of the title, of a panel's name, of an axis with its unit, and of the legend."""
ROW = 0.3
"""Height of a row whose label has no notes."""
PANELS_ABREAST = 5
PIXELS_PER_INCH = 200
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bench",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": SMALL,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.6,
    # Left to itself, matplotlib measures every tick to see whether a title has to make way.
    "axes.titley": 1.0,
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "xtick.labelsize": SMALL,
}
"""On top of matplotlib's defaults: a matplotlibrc file changes nothing."""


def render(picture: Picture) -> dict[str, bytes]:
    """Draw a picture; returns the content of its files by ending, svg and png."""
    title = plain(f"{picture.title}: {picture.subtitle}")
    return files_of(lambda: draw(picture), title)


def files_of(make: Callable[[], Figure], title: str) -> dict[str, bytes]:
    """Let `make` draw in the report's style; the content of the files by ending, svg and png."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(cast("Any", STYLE))
        figure = make()
        return {
            "svg": _saved(figure, "svg", {"Date": None, "Creator": MAKER, "Title": title}),
            "png": _saved(figure, "png", {"Software": None, "Title": title}),
        }


def _saved(figure: Figure, ending: str, metadata: dict[str, str | None]) -> bytes:
    file = BytesIO()
    figure.savefig(file, format=ending, dpi=PIXELS_PER_INCH, facecolor="white", metadata=metadata)
    return file.getvalue()


def draw(picture: Picture) -> Figure:
    """Place titles, panels in bands of at most five, labels and legend."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = picture.rows
    bands = math.ceil(len(picture.panels) / PANELS_ABREAST)
    abreast = math.ceil(len(picture.panels) / bands)
    panel_height = len(rows) * (ROW + NOTE * max(len(note_lines(row)) for row in rows))
    band_height = NAME + panel_height + AXIS
    height = TITLE + bands * band_height + LEGEND

    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    left = EDGE + label_width(figure, rows) + SPACE
    panel_width = (WIDTH - left - EDGE - GAP * (abreast - 1)) / abreast
    for index, panel in enumerate(picture.panels):
        band, place = divmod(index, abreast)
        x = left + place * (panel_width + GAP)
        y = height - TITLE - band * band_height - NAME - panel_height
        box = (x / WIDTH, y / height, panel_width / WIDTH, panel_height / height)
        axes = figure.add_axes(box)
        draw_panel(axes, panel, len(rows))
        if place == 0:
            draw_labels(axes, rows)
    _draw_titles(figure, picture, height)
    return figure


def _draw_titles(figure: Figure, picture: Picture, height: float) -> None:
    """Write title and subtitle above the panels, and the legend below."""
    x = EDGE / WIDTH
    lines = (
        (picture.title, LARGE, "bold", INK, 0.13),
        (picture.subtitle, MEDIUM, None, FAINT, 0.33),
    )
    for text, size, weight, color, top in lines:
        figure.text(
            x,
            1 - top / height,
            plain(text),
            size=size,
            weight=weight,
            color=color,
            va="center",
            parse_math=False,
        )
    marks, texts = legend([point for panel in picture.panels for point in panel.points])
    figure.legend(
        marks,
        texts,
        loc="lower left",
        borderaxespad=0.2,
        bbox_to_anchor=(0.0, 0.0),
        ncols=len(texts),
        frameon=False,
        handletextpad=0.3,
        columnspacing=1.5,
        fontsize=SMALL,
    )
