"""What the lines of a figure are, one a method: over a setting, the steps, or the epochs."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from bench.report import settings, stats, words
from bench.report.figures.curves import render
from bench.report.figures.lines import MOST, Line, Panel
from bench.report.figures.pictures import slug
from bench.report.figures.scale import axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bench.report.blocks import Block, Setting
    from bench.report.runs import Run
    from bench.report.spec import Column, Plot, TableSpec

Point = tuple[float, tuple[float, ...]]
"""Place on the horizontal axis, and the values of all seeds there."""


@dataclass(frozen=True, kw_only=True)
class Plotted:
    """The figure of one block."""

    name: str
    """Stem of its files."""
    setting: Setting
    title: str
    subtitle: str
    panels: tuple[Panel, ...]

    def files(self) -> dict[str, bytes]:
        """Their content by ending, svg and png."""
        return render(self.title, self.subtitle, self.panels)


def plots(spec: TableSpec, plot: Plot, blocks: Iterable[Block]) -> Iterator[Plotted]:
    """The figures of all blocks in which a line has two points."""
    for block in blocks:
        panels = tuple(_panels(spec, plot, block))
        if panels:
            yield Plotted(
                name=f"{spec.name}-{slug(block.setting)}",
                setting=block.setting,
                title=f"{spec.dataset or spec.tasks[0]} · {block.model_title}",
                subtitle=f"{words.conditions(block)} · mean ± standard deviation over seeds",
                panels=panels,
            )


def _panels(spec: TableSpec, plot: Plot, block: Block) -> Iterator[Panel]:
    """One panel a column; over the steps one a task, as all its columns have one loss."""
    curves = curves_of(plot, block)
    styles = {label: number for number, label in enumerate(curves)}
    seen: set[str] = set()
    for column in spec.columns:
        if column.average or (plot.over == "steps" and column.task in seen):
            continue
        seen.add(column.task)
        lines = tuple(
            _line(label, styles[label], points)
            for label, runs in curves.items()
            if len(points := points_of(plot, column, runs)) > 1
        )
        if lines:
            loss = plot.over == "steps"
            unit = "" if column.unit == "score" else f", {column.unit}"
            yield Panel(
                title=column.label.partition(",")[0] if loss else column.label,
                x=plot.axis,
                y="training loss" if loss else f"{column.label.rpartition(', ')[2]}{unit}",
                limits=_limits(lines, column) if plot.over == "setting" else None,
                lines=lines,
                logarithmic=plot.over == "setting",
                bars=plot.over == "setting",
            )


def _limits(lines: Sequence[Line], column: Column) -> tuple[float, float] | None:
    """Ends of the vertical axis where a few points are so far off that all others would be flat."""
    points = [
        (low, y, high)
        for line in lines
        for low, y, high in zip(line.low or line.y, line.y, line.high or line.y, strict=True)
    ]
    kept, ends = axis(points, column.digits)
    return None if all(kept) else ends


def curves_of(plot: Plot, block: Block) -> dict[str, list[Run]]:
    """The runs of each line by its label; no more lines than there are colours, in their order.

    Over a setting the rows of a method are one line; where other settings of it differ too, one
    for each of these. Else each row is a line.
    """
    found: dict[str, list[Run]] = {}
    if plot.over == "setting":
        for label, groups in _alike(plot, block).items():
            for suffix, runs in zip(_suffixes(groups), groups, strict=True):
                found[f"{label}{suffix}"] = runs
    else:
        for entry in block.entries:
            for line in entry.lines:
                suffix = f" · {', '.join(line.label)}" if line.label else ""
                found[f"{entry.row.label}{suffix}"] = list(line.counted)
    kept = sorted(found, key=lambda label: -len(found[label]))[:MOST]
    return {label: found[label] for label in found if label in kept}


def _alike(plot: Plot, block: Block) -> dict[str, list[list[Run]]]:
    """The runs of each method, by its label, apart where its settings beside the axis differ.

    Groups that lie at one place of the axis, which no line can be drawn through, are left out.
    """
    found: dict[str, dict[object, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for entry in block.entries:
        for run in (run for line in entry.lines for run in line.counted):
            label = entry.row.label.partition(",")[0]
            found[label][_beside(plot, run)].append(run)
    return {
        label: [runs for runs in groups.values() if len({_place(plot, run) for run in runs}) > 1]
        for label, groups in found.items()
    }


def _place(plot: Plot, run: Run) -> object:
    """What a run has on the horizontal axis."""
    return run.settings.get(str(plot.key))


def _beside(plot: Plot, run: Run) -> tuple[tuple[str, str], ...]:
    """The settings of a method but for that of the axis, and for what is tied to it."""
    left = settings.RANKED if plot.key in settings.RANKED else (str(plot.key),)
    return tuple(one for one in settings.beside(run, left) if one[0].startswith("method."))


def _suffixes(groups: Sequence[Sequence[Run]]) -> list[str]:
    """What tells groups of one method apart."""
    if len(groups) == 1:
        return [""]
    found = settings.labels([runs[0] for runs in groups])
    return [f" · {', '.join(one for one in label if one.startswith('method.'))}" for label in found]


def points_of(plot: Plot, column: Column, runs: Sequence[Run]) -> list[Point]:
    """Where a line goes through, from left to right."""
    held: dict[float, list[float]] = defaultdict(list)
    for run in runs:
        if column.holds(run):
            for x, y in _values(plot, column, run):
                held[x].append(y)
    return [(x, tuple(held[x])) for x in sorted(held)]


def _values(plot: Plot, column: Column, run: Run) -> Iterator[tuple[float, float]]:
    """The points of one run."""
    if plot.over == "steps" and run.curve is not None:
        length = run.curve.steps / len(run.curve.loss)
        yield from (((place + 0.5) * length, y) for place, y in enumerate(run.curve.loss))
    elif plot.over == "epochs":
        for one in run.history:
            x, y = one.get("epoch"), one.get(column.metric)
            if one.get("split") == "validation" and _finite(x) and _finite(y):
                yield float(x), float(y) * column.scale
    elif plot.over == "setting":
        x, y = _place(plot, run), run.metrics.get(column.metric)
        if _finite(x) and y is not None:
            yield float(x), y * column.scale


def _finite(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _line(label: str, style: int, points: Sequence[Point]) -> Line:
    """Means, and one sample standard deviation to each side."""
    means = [stats.mean(values) for _, values in points]
    apart = [stats.sample_std(values) if len(values) > 1 else 0.0 for _, values in points]
    banded = any(apart)
    return Line(
        label=label,
        style=style,
        x=tuple(x for x, _ in points),
        y=tuple(means),
        low=tuple(y - std for y, std in zip(means, apart, strict=True)) if banded else (),
        high=tuple(y + std for y, std in zip(means, apart, strict=True)) if banded else (),
    )
