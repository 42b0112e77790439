"""One pair of axes with lines, error bars, and what lies beyond the axes' ends."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from bench.report.figures.lettering import FAINT, INK, MEDIUM, SMALL, plain, typeset
from bench.report.figures.lines import COLOURS, MOST, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from bench.report.figures.lines import Line, Panel


def draw_axes(axes: Axes, panel: Panel) -> None:
    """Draw a panel."""
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


def _outside(panel: Panel) -> list[tuple[Line, float, float]]:
    """The points beyond the ends of the vertical axis."""
    low, high = panel.limits or (-math.inf, math.inf)
    return [
        (line, x, y)
        for line in panel.lines
        for x, y in zip(line.x, line.y, strict=True)
        if not low <= y <= high
    ]


def _draw_outside(axes: Axes, outside: Sequence[tuple[Line, float, float]]) -> None:
    """Name points beyond an end at that end, one above the other."""
    named: Counter[tuple[float, bool]] = Counter()
    for line, x, y in outside:
        is_above = y > axes.get_ylim()[1]
        place = named[x, is_above]
        named[x, is_above] += 1
        text, parsed = typeset(line.label)
        axes.annotate(
            f"{'↑' if is_above else '↓'} {text} {y:.3g}", (x, float(is_above)),
            xycoords=axes.get_xaxis_transform(), ha="right",
            xytext=(-4, -9 - 9 * place if is_above else 3 + 9 * place),
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
