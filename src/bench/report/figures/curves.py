"""Lines over an axis as a figure: the same bytes on every run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.report.figures.draw import files_of
from bench.report.figures.lettering import FAINT, INK, LARGE, MEDIUM, SMALL, plain, typeset

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Of Okabe and Ito's palette (Color Universal Design, 2008), yellow left out as too light."""
SIGNS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":")
"""Shape and dashes tell lines apart without colour, and where they lie on each other."""
MOST = len(COLOURS)
"""Lines of a figure."""
MANY_POINTS = 20
"""From which on a line has no signs on it."""
WIDTH, HEIGHT, TOP, BOTTOM, LEFT, RIGHT, GAP = 7.0, 2.3, 0.66, 0.48, 0.62, 0.12, 0.62
"""Inches; HEIGHT is that of a panel."""
LINE_HEIGHT = 0.17
NAME = 0.2
"""Of the panel's title."""
COLUMNS = 2
"""Panels abreast."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a panel."""

    label: str
    style: int
    """Which colour, sign and dashes: the same label has the same everywhere."""
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    """Ends of the band around it; none where they are empty."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A statement of a paper: at `x` more than `y`."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One pair of axes."""

    title: str
    x: str
    y: str
    """What is on the axes, with its unit."""
    limits: tuple[float, float] | None
    """Ends of the vertical axis, whose points beyond are named there; None: those of the lines."""
    lines: tuple[Line, ...]
    logarithmic: bool = False
    """Whether the horizontal axis is, with the values of the lines on it."""
    bars: bool = False
    """Whether the ends of the band are drawn as error bars."""
    level: float | None = None
    """Height of a horizontal line."""
    marks: tuple[Mark, ...] = ()


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
        _draw_panel(figure.add_axes(box), panel)
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


def style(line: Line) -> dict[str, Any]:
    """Colour, dashes and sign of a line."""
    found: dict[str, Any] = {
        "color": COLOURS[line.style % MOST],
        "linestyle": DASHES[line.style % len(DASHES)],
        "linewidth": 1.3,
    }
    if len(line.x) < MANY_POINTS:
        found |= {
            "marker": SIGNS[line.style % len(SIGNS)],
            "markersize": max(8.0 - 2 * (line.style % MOST), 2.0),
            "fillstyle": "none",
        }
    return found


def _draw_panel(axes: Axes, panel: Panel) -> None:
    axes.set_title(plain(panel.title), size=MEDIUM, weight="bold", loc="left", parse_math=False)
    axes.set_xlabel(plain(panel.x), color=FAINT, labelpad=2, parse_math=False)
    axes.set_ylabel(plain(panel.y), color=FAINT, labelpad=3, parse_math=False)
    if panel.limits is not None:
        axes.set_ylim(*panel.limits)
    if panel.logarithmic:
        _place_ticks(axes, sorted({x for line in panel.lines for x in line.x}))
    axes.tick_params(length=2.5, width=0.6, pad=2, labelsize=SMALL)
    axes.grid(color="#DDDDDD", linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if panel.level is not None:
        axes.axhline(panel.level, color=FAINT, linewidth=0.8, zorder=1)
    outside = _outside(panel)
    for line in panel.lines:
        axes.plot(line.x, line.y, clip_on=bool(outside), **style(line))
        if line.low and panel.bars:
            _draw_bars(axes, line)
        elif line.low:
            axes.fill_between(
                line.x, line.low, line.high, color=COLOURS[line.style % MOST], alpha=0.15, lw=0
            )
    _draw_outside(axes, outside)
    for mark in panel.marks:
        axes.plot(
            mark.x, mark.y, marker="^", markersize=6, markerfacecolor="white",
            markeredgewidth=1.2, color=INK, linestyle="none", zorder=3,
        )  # fmt: skip
        axes.annotate(
            plain(mark.text), (mark.x, mark.y), xytext=(6, -10), textcoords="offset points",
            size=SMALL, color=INK, parse_math=False,
        )  # fmt: skip


def _outside(panel: Panel) -> dict[float, list[tuple[Line, float]]]:
    """The points beyond the ends of the vertical axis, by their place."""
    found: dict[float, list[tuple[Line, float]]] = {}
    low, high = panel.limits or (-math.inf, math.inf)
    for line in panel.lines:
        for x, y in zip(line.x, line.y, strict=True):
            if not low <= y <= high:
                found.setdefault(x, []).append((line, y))
    return found


def _draw_outside(axes: Axes, outside: dict[float, list[tuple[Line, float]]]) -> None:
    """Name points beyond an end at that end, one above the other."""
    middle = sum(axes.get_ylim()) / 2
    for x, points in outside.items():
        for is_above in (False, True):
            there = [(line, y) for line, y in points if (y > middle) == is_above]
            for place, (line, y) in enumerate(there):
                text, parsed = typeset(line.label)
                axes.annotate(
                    f"{'↑' if is_above else '↓'} {text} {y:.2g}", (x, float(is_above)),
                    xycoords=axes.get_xaxis_transform(), ha="right",
                    xytext=(-4, (-9 if is_above else 3) + (-9 if is_above else 9) * place),
                    textcoords="offset points", size=SMALL, parse_math=parsed,
                    annotation_clip=False, color=COLOURS[line.style % MOST],
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6}, zorder=3,
                )  # fmt: skip


def _place_ticks(axes: Axes, values: Sequence[float]) -> None:
    """A logarithmic axis with a tick at each value."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(values))
    axes.xaxis.set_major_formatter(FixedFormatter([f"{value:g}" for value in values]))
    axes.xaxis.set_minor_locator(NullLocator())


def _draw_bars(axes: Axes, line: Line) -> None:
    """The ends of the band at each point; a point of a single run has none."""
    ends = [(x, low, high) for x, low, high in zip(line.x, line.low, line.high, strict=True)
            if high > low]  # fmt: skip
    if ends:
        x, low, high = zip(*ends, strict=True)
        axes.vlines(x, low, high, color=COLOURS[line.style % MOST], linewidth=0.9)


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
