"""One panel of a figure: dots with error bars, hollow published numbers, and the legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.report.figures.lettering import FAINT, MEDIUM, SMALL, plain, unit
from bench.report.figures.scale import ticks
from bench.report.words import ARROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from bench.report.figures.pictures import Panel, Point

OURS, PUBLISHED = "#0072B2", "#D55E00"
"""Blue and vermillion of Okabe and Ito's palette (Color Universal Design, 2008)."""
LINE = "#DDDDDD"
DODGE = 0.16
"""Distance of our mark and of the published one from the middle of the row that they share."""


def draw_panel(axes: Axes, panel: Panel, rows: int) -> None:
    """Draw the axis of one metric and its points; rows count downwards."""
    _draw_axis(axes, panel, rows)
    published = {point.row for point in panel.points if point.published}
    ours = {point.row for point in panel.points if not point.published}
    for point in panel.points:
        shared = point.row in published & ours
        height = point.row + shared * (DODGE if point.published else -DODGE)
        if point.beyond:
            _draw_beyond(axes, panel, point, height)
        else:
            _draw_point(axes, point, height)
    for row in panel.absent:
        _write(axes, "n/a", 0.5, row, ha="center", color=FAINT)


def _draw_axis(axes: Axes, panel: Panel, rows: int) -> None:
    title = plain(f"{panel.column.label} {ARROWS[panel.column.better]}")
    axes.set_title(title, size=MEDIUM, weight="bold", pad=5, parse_math=False)
    axes.set_xlabel(unit(panel.column.unit), color=FAINT, labelpad=2, parse_math=False)
    axes.set_xlim(*panel.limits)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_yticks([])
    places, numbers = zip(*ticks(*panel.limits), strict=True)
    axes.set_xticks(places, numbers)
    axes.tick_params(axis="x", length=2.5, width=0.6, pad=2)
    axes.grid(axis="x", color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)
    for row in range(rows):
        axes.axhline(row, color=LINE, linewidth=0.5, zorder=0.5)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _style(*, published: bool) -> dict[str, Any]:
    """Give shape and colour of a mark: each alone tells ours from the published."""
    if published:
        return {
            "marker": "D",
            "markersize": 4,
            "markerfacecolor": "white",
            "markeredgewidth": 1.2,
            "color": PUBLISHED,
        }
    return {"marker": "o", "markersize": 4.5, "markeredgewidth": 0, "color": OURS}


def _draw_point(axes: Axes, point: Point, height: float) -> None:
    axes.errorbar(
        point.mean,
        height,
        xerr=point.std,
        linestyle="none",
        elinewidth=1.3,
        **_style(published=point.published),
    )


def _draw_beyond(axes: Axes, panel: Panel, point: Point, height: float) -> None:
    """Point to where a value lies that is far off the scale, and name it."""
    left = point.beyond == "left"
    style = {**_style(published=point.published), "marker": "<" if left else ">"}
    edge = 0.05 if left else 0.95
    axes.plot(edge, height, linestyle="none", transform=axes.get_yaxis_transform(), **style)
    value = f"{point.mean:.{panel.column.digits}f}"
    inner = 0.12 if left else 0.88
    _write(axes, value, inner, height, ha="left" if left else "right", color=style["color"])


def _write(axes: Axes, text: str, x: float, row: float, *, ha: str, color: str) -> None:
    """Write on a row at `x` (0 left to 1 right), over its guide line."""
    axes.text(
        x,
        row,
        text,
        ha=ha,
        va="center",
        size=SMALL,
        color=color,
        transform=axes.get_yaxis_transform(),
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def legend(points: Sequence[Point]) -> tuple[list[Line2D], list[str]]:
    """Explain the marks that occur among `points`."""
    from matplotlib.lines import Line2D

    ours, published = _style(published=False), _style(published=True)
    bars = any(point.std is not None for point in points if not point.published)
    mean = "ours: mean ± sample standard deviation over seeds" if bars else "ours: one seed"
    entries = [
        (any(not point.published for point in points), ours, mean),
        (any(point.published for point in points), published, "published"),
        (any(point.beyond for point in points), {**ours, "marker": ">"}, "off the scale: value"),
    ]
    shown = [(style, text) for occurs, style, text in entries if occurs]
    marks = [Line2D([], [], linestyle="none", **style) for style, _ in shown]
    return marks, [text for _, text in shown]
