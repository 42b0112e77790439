"""One value of a table: a column over the runs of a line, in the table's unit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report import stats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bench.report.runs import Run
    from bench.report.spec import Column

NOT_RUN = "not run"
SAME = ("train.", "method.optimizer.")
"""Settings that two runs of other methods must share where one is measured by the other."""
APART = "method.optimizer.weight_decay"
"""But for this one: LoRMA's Table 5 measures LoRMA_+ by LoRA, which has another in Table 14."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """One column of one row, in the table's unit."""

    mean: float | None
    std: float | None
    """Sample standard deviation; None for a single seed."""
    n: int
    note: str | None = None
    """Why the value is absent, or which seeds it lacks."""
    hole: str | None = None
    """What became of the runs of the column's task, where none finished."""
    leads: bool = False
    """Whether it is the best of its column in the block, or cannot be told from that."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """A column's value of one run, or why there is none."""

    value: float | None
    reason: str = ""


def problem(run: Run) -> str:
    """Say in words what became of a run that did not finish."""
    if run.status == "failed":
        return f"failed: {run.error or 'unknown error'}"
    return run.status.replace("_", " ")


def values_of(
    columns: Sequence[Column],
    counted: Sequence[Run],
    unfinished: Sequence[Run],
    block: Sequence[Run],
) -> tuple[Value, ...]:
    """The value of each column over the runs of a line; `block` has those to compare with."""
    scores = {
        column: {run.seed: score_of(column, run, block) for run in counted if column.holds(run)}
        for column in columns
        if not column.average
    }
    return tuple(
        average_of(list(scores.values()))
        if column.average
        else value_of(column, scores[column], [run for run in unfinished if column.holds(run)])
        for column in columns
    )


def value_of(column: Column, scores: Mapping[int, Score], unfinished: Iterable[Run]) -> Value:
    """Mean and sample standard deviation over the seeds that have a score."""
    if not scores:
        lost = [problem(run) for run in unfinished]
        return Value(mean=None, std=None, n=0, hole="; ".join(dict.fromkeys(lost)) or NOT_RUN)
    absent = [seed for seed, score in scores.items() if score.value is None]
    reasons = sorted({scores[seed].reason for seed in absent})
    note = f"{column.label}: {'; '.join(reasons)}" if reasons else None
    values = [score.value for score in scores.values() if score.value is not None]
    if note and values:
        note = f"{note}; absent for seed {', '.join(map(str, absent))}"
    return mean_of(values, note)


def mean_of(values: Sequence[float], note: str | None = None) -> Value:
    """Mean and sample standard deviation of any number of values."""
    return Value(
        mean=stats.mean(values) if values else None,
        std=stats.sample_std(values) if len(values) > 1 else None,
        n=len(values),
        note=note,
    )


def average_of(scores: Sequence[Mapping[int, Score]]) -> Value:
    """Mean of the scores of several columns, seed by seed; only of seeds that have them all."""
    held: dict[int, list[float]] = defaultdict(list)
    for by_seed in scores:
        for seed, score in by_seed.items():
            if score.value is not None:
                held[seed].append(score.value)
    whole = [stats.mean(values) for values in held.values() if len(values) == len(scores)]
    return mean_of(whole) if whole else Value(mean=None, std=None, n=0, hole=NOT_RUN)


def score_of(column: Column, run: Run, block: Sequence[Run]) -> Score:
    """What a column shows of one run, times its scale."""
    own = measured(column, run)
    if own.value is None or column.against is None:
        return own
    other = reference(column.against, run, block)
    if isinstance(other, str):
        return Score(value=None, reason=other)
    base = measured(column, other)
    if not base.value:
        return Score(value=None, reason=f"{column.against}: {base.reason or 'is 0'}")
    return Score(value=100 * (1 - own.value / base.value))


def measured(column: Column, run: Run) -> Score:
    """A metric of the record, or what else it measured, times the column's scale."""
    if (measure := MEASURES.get(column.metric)) is not None:
        value, absent = measure(run), "the record is older than this measure"
    else:
        value = run.metrics.get(column.metric)
        absent = run.unavailable.get(column.metric, "the record has no value")
    return Score(value=None, reason=absent) if value is None else Score(value=value * column.scale)


def loss_area(run: Run) -> float | None:
    """Area under the training loss over the steps."""
    return None if run.curve is None else run.curve.area


def macs(run: Run) -> float | None:
    """Multiply-accumulates for a token in attention's input maps, merged where possible."""
    return run.macs.get("merged")


MEASURES: Mapping[str, Callable[[Run], float | None]] = {"loss_area": loss_area, "macs": macs}
"""What a column may show beside metrics, by the name in its spec."""


def reference(method: str, run: Run, block: Sequence[Run]) -> Run | str:
    """The run of `method` that was trained like `run`, on the same rows; or why there is none."""
    like = [
        one
        for one in block
        if (one.method, one.task, one.seed, one.status) == (method, run.task, run.seed, "finished")
        and shared(one) == shared(run)
    ]
    if not like:
        return f"no run of {method} with this seed, optimizer and training"
    if len({one.group for one in like}) > 1:
        return f"several settings of {method} with this seed, optimizer and training"
    return max(like, key=lambda one: one.age)


def shared(run: Run) -> dict[str, object]:
    """The settings in which a run and its reference agree."""
    return {
        key: value for key, value in run.settings.items() if key.startswith(SAME) and key != APART
    }
