"""What the charts show of the groups of one condition, as plain data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bench.report.figures.scale import axis, interval
from bench.report.page.groups import spread
from bench.report.page.losses import training, validation
from bench.report.page.pareto import front
from bench.report.page.ranks import rank_of, series
from bench.store.record import peak_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bench.report.page.groups import Group, Spread
    from bench.report.page.losses import Losses
    from bench.report.page.metrics import Metric
    from bench.report.runs import Run

GIB = 2**30
SIGNIFICANT = 6
"""Digits of a number in a chart."""


def step_ms(group: Group) -> Spread | None:
    """Median time of a training step, of runs that had their GPU to themselves."""
    return spread(run.time.get("step_ms_median") for run in group.counted if not run.sharing)


def train_seconds(group: Group) -> Spread | None:
    """Time of all training steps, of the same runs."""
    return spread(run.time.get("train") for run in group.counted if not run.sharing)


def memory(group: Group) -> Spread | None:
    """Peak memory in GiB: of the graphics card, or of the process where there was none."""
    peaks = [peak_of(run.memory) for run in group.counted]
    return spread(None if peak is None else peak / GIB for peak in peaks)


def trained(group: Group) -> Spread | None:
    """Trained parameters without the head; a logarithmic axis has no place for 0."""
    return spread([float(group.trained)]) if group.trained else None


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a score is set against."""

    key: str
    noun: str
    title: str
    """What the axis says, with the unit."""
    log: bool
    measured: bool
    """Whether it depends on the machine."""
    of: Callable[[Group], Spread | None]


COSTS = (
    Cost(key="trained", noun="trained parameters", title="Trained parameters, without the head",
         log=True, measured=False, of=trained),
    Cost(key="memory", noun="peak memory", title="Peak memory (GiB)",
         log=False, measured=True, of=memory),
    Cost(key="step", noun="the time of a step", title="Time of a training step (ms, median)",
         log=False, measured=True, of=step_ms),
)  # fmt: skip


def settings(
    groups: Sequence[Group],
    metrics: Mapping[str, Sequence[Metric]],
    titles: Mapping[str, str],
    anchors: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The data of every condition that has a finished run.

    `titles` are of tasks and models by name; `anchors` the places of runs in the page, by link.
    """
    found = []
    for condition, own in groupby(groups, key=lambda group: group.condition):
        finished = [group for group in own if group.counted]
        if finished:
            name = " · ".join(titles.get(one, one) for one in (condition.task, condition.model))
            found.append({
                "name": f"{name} · {condition.words}",
                "synthetic": condition.synthetic,
                **_data(finished, metrics.get(condition.task, ()), anchors),
            })  # fmt: skip
    return found


def _data(
    groups: Sequence[Group], metrics: Sequence[Metric], anchors: Mapping[str, str]
) -> dict[str, Any]:
    machine, _ = Counter(group.hardware for group in groups).most_common(1)[0]
    points = [_point(group, metrics, machine, anchors) for group in groups]
    return {
        "machine": machine,
        "elsewhere": sum(group.hardware != machine for group in groups),
        "metrics": [
            _metric(metric, points)
            for metric in metrics
            if any(p["scores"][metric.name] for p in points)
        ],
        "points": points,
        "ranks": series(groups),
        "training": list(_curves(groups, training)),
        "validation": list(_curves(groups, validation)),
    }


def _point(
    group: Group, metrics: Iterable[Metric], machine: str, anchors: Mapping[str, str]
) -> dict[str, Any]:
    costs = {}
    for cost in COSTS:
        price = None if cost.measured and group.hardware != machine else cost.of(group)
        costs[cost.key] = None if price is None else rounded(price.mean)
    return {
        "method": group.method,
        "settings": group.brief,
        "n": len(group.counted),
        "at": anchors[group.first.link],
        "rank": rank_of(group),
        "costs": costs,
        "scores": {metric.name: _scaled(metric, group.metric(metric.name)) for metric in metrics},
    }


def _scaled(metric: Metric, found: Spread | None) -> list[float | None] | None:
    """Mean and deviation in the unit of the tables."""
    if found is None:
        return None
    std = None if found.std is None else rounded(metric.scale * found.std)
    return [rounded(metric.scale * found.mean), std]


def _metric(metric: Metric, points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Axis and fronts of a metric; a score that is far off leaves the axis, and is named."""
    held = [index for index, point in enumerate(points) if point["scores"][metric.name]]
    spans = [interval(*points[index]["scores"][metric.name]) for index in held]
    kept, ends = axis(spans, metric.digits)
    return {
        "name": metric.name,
        "head": metric.head,
        "digits": metric.digits,
        "domain": [rounded(end) for end in ends],
        "off": [index for index, is_kept in zip(held, kept, strict=True) if not is_kept],
        "fronts": {cost.key: _front(cost, metric, points, held) for cost in COSTS},
    }


def _front(
    cost: Cost, metric: Metric, points: Sequence[Mapping[str, Any]], held: Sequence[int]
) -> list[int]:
    """Indices of the points on the front, by rising cost."""
    sign = 1.0 if metric.better == "higher" else -1.0
    priced = [index for index in held if points[index]["costs"][cost.key] is not None]
    pairs = [
        (points[index]["costs"][cost.key], sign * points[index]["scores"][metric.name][0])
        for index in priced
    ]
    return [priced[index] for index in front(pairs)]


def _curves(
    groups: Sequence[Group], of: Callable[[Sequence[Run]], Losses | None]
) -> Iterator[dict[str, Any]]:
    """The loss curve of every group that has one."""
    for index, group in enumerate(groups):
        found = of(group.counted)
        if found is not None:
            yield {"point": index, "n": found.n, "steps": found.steps, "losses": found.losses}


def rounded(value: float) -> float:
    """With as many digits as a chart can show."""
    return float(f"{value:.{SIGNIFICANT}g}")
