"""Methods at the setting that their papers state, beside the same at the one that suits them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report import stats
from bench.report.leaders import tested_sample
from bench.report.paired import difference
from bench.report.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.report.blocks import Block, Line
    from bench.report.runs import Run
    from bench.report.spec import Column, TableSpec, Tuning


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """One method of a block."""

    label: str
    default: Line | None
    """The line with the value that the paper states; None where that was not run."""
    best: Line
    """The line that was chosen."""
    tried: int
    """Values that were run."""


def tuned(spec: TableSpec, block: Block) -> tuple[Tuned, ...]:
    """The methods of a table of settings that were run with two values or more."""
    if spec.tuning is None:
        return ()
    held: dict[str, dict[str, Line]] = {}
    labels: dict[str, str] = {}
    for entry in block.entries:
        for line in entry.lines:
            if line.counted:
                value = str(line.counted[0].settings.get(spec.tuning.key))
                held.setdefault(entry.row.method, {})[value] = line
                labels.setdefault(entry.row.method, entry.row.label.partition(",")[0])
    return tuple(_of_method(spec, spec.tuning, labels[name], name, lines)
                 for name, lines in held.items() if len(lines) > 1)  # fmt: skip


def _of_method(
    spec: TableSpec, tuning: Tuning, label: str, method: str, lines: dict[str, Line]
) -> Tuned:
    """Choose among the lines of a method, by value of the setting."""
    merit = {value: _merit(spec, tuning, line) for value, line in lines.items()}
    best = max(lines, key=lambda value: (merit[value], value))
    default = lines.get(str(tuning.default.get(method)))
    return Tuned(label=label, default=default, best=lines[best], tried=len(lines))


def _merit(spec: TableSpec, tuning: Tuning, line: Line) -> float:
    """How good a line is by what chooses, higher better; the worst where a seed was lost."""
    if line.unfinished:
        return -math.inf
    if tuning.chosen_by == "score":
        mean = line.values[0].mean
        sign = 1.0 if spec.columns[0].better == "higher" else -1.0
        return -math.inf if mean is None else sign * mean
    losses = [loss for run in line.counted if (loss := _validation_loss(run)) is not None]
    return -stats.mean(losses) if len(losses) == len(line.counted) else -math.inf


def _validation_loss(run: Run) -> float | None:
    """The last one."""
    losses = [one.get("loss") for one in run.history if one.get("split") == "validation"]
    last = losses[-1] if losses else None
    return last if isinstance(last, float) and math.isfinite(last) else None


def titles(spec: TableSpec, tuning: Tuning) -> list[str]:
    """Head the columns."""
    key = tuning.key.rpartition(".")[2]
    shown = spec.columns[0].label
    return ["Method", f"{key}, paper", f"{shown}, paper", f"{key}, tuned", f"{shown}, tuned",
            "Gain"]  # fmt: skip


def rows(spec: TableSpec, tuning: Tuning, found: tuple[Tuned, ...]) -> list[list[str]]:
    """Lay the methods out, in the order of the table."""
    return [list(_cells(spec.columns[0], tuning, one)) for one in found]


def _cells(column: Column, tuning: Tuning, one: Tuned) -> Iterator[str]:
    """One method."""
    yield one.label
    for line in (one.default, one.best):
        value = line.values[0] if line else None
        yield str(line.counted[0].settings[tuning.key]) if line else "–"
        if value is None or value.mean is None:
            yield "–"
        else:
            yield f"{number(column, value.mean, value.std)} (n={value.n})"
    yield _gain(column, one)


def _gain(column: Column, one: Tuned) -> str:
    """How much the tuned line is above the paper's, with its interval where there is one."""
    if one.default is None:
        return "the paper's value was not run"
    if one.default is one.best:
        return "the same"
    digits, pair = column.digits, (one.best, one.default)
    samples = [tested_sample(line.counted, column, column.scale) for line in pair]
    if samples[0] is None or samples[1] is None:
        means = [mean for line in pair if (mean := line.values[0].mean) is not None]
        return f"{means[0] - means[1]:+.{digits}f}" if len(means) == len(pair) else "–"
    found = difference(samples[0], samples[1])
    return f"{found.value:+.{digits}f} ({found.low:+.{digits}f} to {found.high:+.{digits}f})"


def remark(spec: TableSpec, tuning: Tuning, found: tuple[Tuned, ...]) -> str:
    """Say how the values were chosen."""
    tried = sorted({one.tried for one in found})
    counts = f"{tried[0]} to {tried[-1]}" if len(tried) > 1 else str(tried[0])
    chosen = (
        "the mean of the last validation loss over seeds, which the test rows have no part in"
        if tuning.chosen_by == "validation loss"
        else f"{spec.columns[0].label} itself, on the rows that are reported, so that the tuned "
        "numbers are a little too good"
    )
    return (
        f"Of {counts} values of {tuning.key} a method the one is chosen by {chosen}; values at "
        "which a seed failed or diverged are left out. Gain: tuned less paper, with its 95 % "
        "interval where records hold resampled scores (over seeds and test items)."
    )
