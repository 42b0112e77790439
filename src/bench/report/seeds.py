"""Which runs of a group count: one a seed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.report.runs import Run


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """The runs of a group, by what becomes of them in a mean."""

    counted: tuple[Run, ...] = ()
    """The newest finished run of each seed, whose mean is shown, by seed."""
    superseded: tuple[Run, ...] = ()
    """Finished runs of a seed that a newer one of the same settings replaces."""
    unfinished: tuple[Run, ...] = ()
    """The newest run of each seed of which none finished."""


def seeds_of(runs: Iterable[Run]) -> Seeds:
    """Sort out runs of the same settings, which come by task, seed and age."""
    counted: list[Run] = []
    superseded: list[Run] = []
    unfinished: list[Run] = []
    for _, same in groupby(runs, key=lambda run: (run.task, run.seed)):
        of_seed = list(same)
        finished = [run for run in of_seed if run.status == "finished"]
        counted += finished[-1:]
        superseded += finished[:-1]
        unfinished += [] if finished else of_seed[-1:]
    return Seeds(counted=tuple(counted), superseded=tuple(superseded), unfinished=tuple(unfinished))
