"""Runs that differ in nothing but the seed, and what tells them from their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from bench.report import stats
from bench.report.seeds import Seeds, seeds_of
from bench.report.settings import by_size, labels
from bench.report.values import problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.report.runs import Run


@dataclass(frozen=True, kw_only=True, order=True)
class Condition:
    """What groups have in common that may be compared: real before synthetic, whole before part."""

    task: str
    model: str
    synthetic: bool
    partial: bool
    preset: str

    @property
    def data(self) -> str:
        """Say what rows were read."""
        kind = "synthetic" if self.synthetic else "real"
        return f"{kind} · {'part of the rows' if self.partial else 'all rows'}"

    @property
    def words(self) -> str:
        """Preset and rows, in words."""
        return f"{self.preset} preset · {self.data}"


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Mean and sample standard deviation over seeds."""

    mean: float
    std: float | None
    """None for a single seed."""
    n: int


@dataclass(frozen=True, kw_only=True)
class Group(Seeds):
    """Runs of one method with the same settings."""

    condition: Condition
    method: str
    label: tuple[str, ...]
    """Settings that tell it from the method's other groups, as key=value."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run that the page lists."""
        return self.counted + self.unfinished + self.superseded

    @property
    def first(self) -> Run:
        """Any run, for what all of them share."""
        return self.runs[0]

    @property
    def problems(self) -> tuple[str, ...]:
        """What became of seeds that did not finish."""
        return tuple(f"seed {run.seed} {problem(run)}" for run in self.unfinished)

    @property
    def stale(self) -> tuple[str, ...]:
        """Reasons why counted runs are stale, each once."""
        return tuple(dict.fromkeys(reason for run in self.counted for reason in run.stale))

    @property
    def hardware(self) -> str:
        """What the counted runs ran on: their graphics card, or their processor."""
        names = sorted({hardware(run) for run in self.counted})
        return ", ".join(names)

    @property
    def brief(self) -> str:
        """The label as it is read: lr=0.002 for method.optimizer.lr=0.002, if no keys end alike."""
        parts = [text.partition("=") for text in self.label]
        ends = [key.rpartition(".")[2] for key, _, _ in parts]
        keys = ends if len(set(ends)) == len(ends) else [key for key, _, _ in parts]
        return ", ".join(f"{key}={value}" for key, (_, _, value) in zip(keys, parts, strict=True))

    def metric(self, name: str) -> Spread | None:
        """The spread of a metric as records have it."""
        return spread(run.metrics.get(name) for run in self.counted)

    @property
    def trained(self) -> int | None:
        """Trained parameters without the head, where all runs agree."""
        known = {
            run.params["trained"] - run.params.get("head", 0)
            for run in self.runs
            if "trained" in run.params
        }
        return known.pop() if len(known) == 1 else None


def hardware(run: Run) -> str:
    """The graphics card that a run was on, or the processor."""
    found = run.provenance.get("gpu") or run.provenance.get("cpu")
    return str(found) if found else "unknown hardware"


def spread(values: Iterable[float | None]) -> Spread | None:
    """Mean and deviation of what is known."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    std = stats.sample_std(known) if len(known) > 1 else None
    return Spread(mean=stats.mean(known), std=std, n=len(known))


def condition_of(run: Run) -> Condition:
    """What a run has in common with those that it may be compared with."""
    return Condition(
        task=run.task,
        model=run.model,
        synthetic=not run.real,
        partial=run.partial,
        preset=run.preset,
    )


def groups_of(runs: Iterable[Run]) -> tuple[Group, ...]:
    """All groups, by condition, method and settings."""
    found: list[Group] = []
    held = [(condition_of(run), run) for run in runs]
    held.sort(key=lambda one: (one[0], one[1].method, one[1].group, one[1].seed, one[1].age))
    for (condition, method), pairs in groupby(held, key=lambda one: (one[0], one[1].method)):
        alike = [
            list(of_group) for _, of_group in groupby((run for _, run in pairs), lambda r: r.group)
        ]
        labelled = zip(labels([one[0] for one in alike]), alike, strict=True)
        for label, own in sorted(labelled, key=lambda one: by_size(one[0])):
            seeds = vars(seeds_of(own))
            found.append(Group(condition=condition, method=method, label=label, **seeds))
    return tuple(found)
