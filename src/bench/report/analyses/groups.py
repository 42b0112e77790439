"""Analyses of runs that differ in nothing but the seed, and how they stand to a paper's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report import settings

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from bench.report.analyses.published import OfModel
    from bench.report.analyses.sources import Source
    from bench.report.runs import Run

LABELS = {
    "lora": "LoRA",
    "lorma_none": "LoRMA without inflation",
    "lorma_plus": "LoRMA_+",
    "lorma_pi": "LoRMA_π",
    "random": "Random",
}
"""As other tables write the methods that have a name in print."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What rows of one part of a table share."""

    model: str
    title: str
    """Name of the model in print."""
    task: str
    preset: str
    real: bool | None
    """None where the record of a run is not there to tell."""
    partial: bool | None

    @property
    def heading(self) -> str:
        """All of it, in one line."""
        data = {None: "data unknown", True: "real data", False: "synthetic data"}[self.real]
        rows = {None: "rows unknown", True: "part of the rows", False: "all rows"}[self.partial]
        return f"{self.title} · {self.task} · {self.preset} preset · {data} · {rows}"

    def apart(self, printed: OfModel, task: str | None = None) -> list[str]:
        """Why its numbers do not compare with a paper's, one reason each."""
        found = []
        if self.model != printed.model:
            found.append(f"another model ({self.title}, not {printed.model_title})")
        if task is not None and self.task != task:
            found.append(f"another task ({self.task}, not {task})")
        if self.preset != "paper":
            found.append(f"the {self.preset} preset, not the paper's hyper-parameters")
        if self.real is not True:
            found.append("synthetic data" if self.real is False else "no record tells the data")
        if self.partial:
            found.append("only part of the rows")
        return found


@dataclass(frozen=True, kw_only=True)
class Group:
    """Analyses that are averaged."""

    method: str
    suffix: str
    """Settings that tell it from other groups of the method."""
    sources: tuple[Source, ...]
    record: Run | None
    """Of the first of its runs."""

    @property
    def label(self) -> str:
        """Method and settings."""
        name = LABELS.get(self.method, self.method)
        return f"{name} · {self.suffix}" if self.suffix else name

    @property
    def seeds(self) -> str:
        """How many runs there are."""
        return f"n={len(self.sources)}"

    @property
    def links(self) -> tuple[str, ...]:
        """Their files."""
        return tuple(source.link for source in self.sources)

    @property
    def run_ids(self) -> tuple[str, ...]:
        """All runs that they are about, once."""
        found = (run.run_id for source in self.sources for run in source.runs)
        return tuple(dict.fromkeys(found))


def condition(source: Source, known: Mapping[str, Run], titles: Mapping[str, str]) -> Condition:
    """That of an analysis of runs."""
    first = source.runs[0]
    records = [known[run.run_id] for run in source.runs if run.run_id in known]
    whole = len(records) == len(source.runs)
    return Condition(
        model=source.model,
        title=titles.get(source.model, source.model),
        task=first.task,
        preset=first.preset,
        real=all(record.real for record in records) if whole else None,
        partial=any(record.partial for record in records) if whole else None,
    )


def grouped(
    sources: Sequence[Source],
    known: Mapping[str, Run],
    titles: Mapping[str, str],
    apart: Callable[[Source], Hashable] = lambda _: None,
) -> list[tuple[Condition, list[Group]]]:
    """The groups of each condition; `apart` tells what else must be equal to be averaged."""
    found: dict[Condition, dict[Hashable, list[Source]]] = defaultdict(lambda: defaultdict(list))
    for source in sources:
        groups = tuple(
            known[run.run_id].group if run.run_id in known else run.run_id for run in source.runs
        )
        key = (source.runs[0].method, groups, apart(source))
        found[condition(source, known, titles)][key].append(source)
    return [
        (where, _labelled(list(found[where].values()), known))
        for where in sorted(found, key=lambda where: (where.model, where.task, where.heading))
    ]


def _labelled(found: Sequence[Sequence[Source]], known: Mapping[str, Run]) -> list[Group]:
    """The groups with what tells those of one method apart, in the order of the methods."""
    by_method: dict[str, list[Sequence[Source]]] = defaultdict(list)
    for sources in found:
        by_method[sources[0].runs[0].method].append(sources)
    order = {method: place for place, method in enumerate(LABELS)}
    made = []
    for method in sorted(by_method, key=lambda name: (order.get(name, len(order)), name)):
        suffixes = _suffixes(by_method[method], known)
        for sources, suffix in zip(by_method[method], suffixes, strict=True):
            record = known.get(sources[0].runs[0].run_id)
            made.append(Group(method=method, suffix=suffix, sources=tuple(sources), record=record))
    return made


def _suffixes(groups: Sequence[Sequence[Source]], known: Mapping[str, Run]) -> list[str]:
    """Settings that differ, where every record is there; else the run_ids."""
    if len(groups) == 1:
        return [""]
    first = [group[0].runs[0].run_id for group in groups]
    records = [known[run_id] for run_id in first if run_id in known]
    if len(records) == len(groups) == len({record.group for record in records}):
        return [", ".join(label) for label in settings.labels(records)]
    return ["-".join(run.run_id[:8] for run in group[0].runs) for group in groups]


def by_depth(blocks: Iterable[int], layer: int, count: int) -> int:
    """The block that stands where `layer` of `count` does, both counted from 0."""
    held = sorted(set(blocks))
    return held[min(layer * len(held) // count, len(held) - 1)]
