"""The charts as Vega-Lite specifications, which the page fills with data and words.

A text that starts with $ stands for what the page puts there: words of the chosen metric and cost,
the ends of an axis, the colour of text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import altair

HEIGHT = 280
"""Of a chart, in pixels."""
TOLD = {
    "method": "Method",
    "settings": "Settings",
    "reads": "$score",
    "price": "$cost",
    "n": "Seeds",
}
"""What is told of a point, by the field that holds it."""


def specifications() -> dict[str, dict[str, Any]]:
    """Every kind of chart: score against a cost, or its logarithm; losses; score against rank."""
    charts = {"cost": _cost(log=False), "log": _cost(log=True), "loss": _loss(), "rank": _rank()}
    return {name: _plain(chart) for name, chart in charts.items()}


def filled(specification: Any, words: Mapping[str, Any]) -> Any:
    """A specification with what `$` texts stand for, as the page's script does it."""
    if isinstance(specification, str):
        return words.get(specification, specification)
    if isinstance(specification, dict):
        return {key: filled(value, words) for key, value in specification.items()}
    if isinstance(specification, list):
        return [filled(value, words) for value in specification]
    return specification


def _plain(chart: altair.LayerChart | altair.FacetChart) -> dict[str, Any]:
    """The specification alone: how charts look is the page's."""
    found = chart.properties(width="container", height=HEIGHT, description="$description").to_dict()
    return {key: value for key, value in found.items() if key not in {"config", "$schema"}}


def _cost(*, log: bool) -> altair.LayerChart | altair.FacetChart:
    """Points with error bars, and the Pareto front as a stair with the names of its points."""
    import altair as alt

    x = alt.X(
        "cost:Q",
        title="$cost",
        scale=alt.Scale(type="log") if log else alt.Scale(zero=False, padding=16),
        axis=alt.Axis(format="~s" if log else ",~f", tickCount=4, grid=not log),
    )
    stair = (
        alt.Chart(alt.NamedData(name="front"))
        .mark_line(interpolate="step-after", color="$ink", opacity=0.55, strokeWidth=1.5)
        .encode(x=x, y=_score())
    )
    names = (
        alt.Chart(alt.NamedData(name="front"))
        .mark_text(align="left", baseline="bottom", dx=6, dy=-5, fontSize=11, color="$ink")
        .encode(x=x, y=_score(), text="method:N")
    )
    return alt.layer(stair, *_points(x), names)


def _rank() -> altair.LayerChart | altair.FacetChart:
    """Scores over ranks, a line for each series."""
    import altair as alt

    x = alt.X(
        "cost:Q",
        title="Rank",
        scale=alt.Scale(type="log", base=2),
        axis=alt.Axis(format="~d"),
    )
    line = (
        alt.Chart(alt.NamedData(name="points"))
        .mark_line(strokeWidth=1.5)
        .encode(x=x, y=_score(), color=_raw(alt.Color, "color"), detail="series:N")
    )
    return alt.layer(line, *_points(x))


def _loss() -> altair.LayerChart | altair.FacetChart:
    """Losses over steps, a line for each group."""
    import altair as alt

    line = (
        alt.Chart(alt.NamedData(name="points"))
        .mark_line(strokeWidth=1.8, clip=True)
        .encode(
            x=alt.X("step:Q", title="Step", axis=alt.Axis(format="~s", tickCount=5)),
            y=alt.Y("loss:Q", title="$loss", scale=alt.Scale(zero=False)),
            color=_raw(alt.Color, "color"),
            strokeDash=_raw(alt.StrokeDash, "dash"),
            detail="series:N",
            tooltip=_told("method", "settings", "n"),
            description=alt.Description("told:N"),
        )
    )
    return alt.layer(line)


def _points(x: altair.X) -> tuple[altair.Chart, altair.Chart]:
    """Means, and their deviations as bars."""
    import altair as alt

    data = alt.NamedData(name="points")
    color = _raw(alt.Color, "color")
    bars = (
        alt.Chart(data)
        .mark_rule(strokeWidth=1.5, opacity=0.7)
        .encode(x=x, y=_score("low"), y2="high:Q", color=color)
    )
    points = (
        alt.Chart(data, name="points")
        .mark_point(filled=True, size=90, opacity=1, cursor="pointer")
        .encode(
            x=x,
            y=_score(),
            color=color,
            shape=_raw(alt.Shape, "shape"),
            tooltip=_told(*TOLD),
            description=alt.Description("told:N"),
        )
    )
    return bars, points


def _score(field: str = "score") -> altair.Y:
    import altair as alt

    scale = alt.Scale(domain=["$low", "$high"], nice=False)
    return alt.Y(f"{field}:Q", title="$score", scale=scale, axis=alt.Axis(tickCount=5))


def _told(*fields: str) -> list[altair.Tooltip]:
    import altair as alt

    return [alt.Tooltip(f"{field}:N", title=TOLD[field]) for field in fields]


def _raw(channel: Any, field: str) -> Any:
    """A channel whose field holds what is drawn: no scale, and the legend is the page's."""
    return channel(f"{field}:N", scale=None, legend=None)
