"""A measurement of speed as bars: milliseconds a step, one group of bars a method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.figures.draw import files_of
from bench.report.figures.lettering import FAINT, INK, LARGE, MEDIUM, SMALL, plain
from bench.speed.settings import WAYS, WayName
from bench.speed.table import TITLES, timed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bench.speed.results import MethodSpeed, Speed

COLOURS: dict[WayName, str] = {
    "eager": "#56B4E9",
    "graph": "#0072B2",
    "compiled": "#009E73",
    "peft": "#E69F00",
    "dense": "#999999",
}
"""Of Okabe and Ito's palette (Color Universal Design, 2008)."""

WIDTH, TOP, BOTTOM, LEFT, RIGHT = 7.0, 0.5, 0.7, 1.2, 0.5
BAR, SPACE = 0.13, 0.1
"""Heights of a bar, and of the space between two methods, in inches."""


def shown_in(speed: Speed) -> list[MethodSpeed]:
    """The methods with a bar; there is no figure without any."""
    return [one for one in speed.methods if any(timed(one, way) for way in WAYS)]


def render(speed: Speed) -> dict[str, bytes]:
    """The content of the figure's files by ending, svg and png."""
    title = plain(f"Speed: {speed.title}, {speed.precision}")
    return files_of(lambda: draw(speed, shown_in(speed)), title)


def draw(speed: Speed, shown: list[MethodSpeed]) -> Figure:
    """Bars from the top down, in the order of the table."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ways = [way for way in WAYS if any(timed(one, way) for one in shown)]
    heights = [SPACE + BAR * sum(1 for way in ways if timed(one, way)) for one in shown]
    height = TOP + sum(heights) + BOTTOM
    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    box = (LEFT / WIDTH, BOTTOM / height, (WIDTH - LEFT - RIGHT) / WIDTH, sum(heights) / height)
    axes = figure.add_axes(box)
    axes.set_ylim(sum(heights), 0.0)
    top = 0.0
    labels: list[tuple[float, str]] = []
    for one, taken in zip(shown, heights, strict=True):
        labels.append((top + taken / 2, plain(one.method)))
        _draw_method(axes, one, top + SPACE / 2)
        top += taken
    axes.set_yticks([place for place, _ in labels], [text for _, text in labels])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("milliseconds a step", color=FAINT, parse_math=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    _draw_frame(figure, speed, ways, height)
    return figure


def _draw_method(axes: Axes, one: MethodSpeed, top: float) -> None:
    """The bars of one method, each with its number."""
    for way in WAYS:
        found = timed(one, way)
        if found is None or found.step_ms is None:
            continue
        place = top + BAR / 2
        axes.barh(place, found.step_ms, height=BAR * 0.9, color=COLOURS[way])
        axes.annotate(
            f"{found.step_ms:.1f}",
            (found.step_ms, place),
            xytext=(2, 0),
            textcoords="offset points",
            va="center",
            size=SMALL,
            color=INK,
        )
        top += BAR


def _draw_frame(figure: Figure, speed: Speed, ways: list[WayName], height: float) -> None:
    """Titles above, and what the colours mean below."""
    from matplotlib.patches import Patch

    drawn = " (random weights)" if speed.drawn else ""
    lines = (
        (f"{speed.title}{drawn}", LARGE, "bold", INK, 0.15),
        (
            f"{speed.device} · {speed.precision} · batch {speed.batch_size}",
            MEDIUM,
            None,
            FAINT,
            0.35,
        ),
    )
    for text, size, weight, color, below in lines:
        figure.text(
            0.12 / WIDTH,
            1 - below / height,
            plain(text),
            size=size,
            weight=weight,
            color=color,
            va="center",
            parse_math=False,
        )
    figure.legend(
        [Patch(color=COLOURS[way]) for way in ways],
        [TITLES[way] for way in ways],
        loc="lower left",
        bbox_to_anchor=(0.0, 0.0),
        ncols=len(ways),
        frameon=False,
        fontsize=SMALL,
    )
