"""Hand cells to a launcher until each left a record, or died too often.

A launcher may break: a worker of joblib is killed and takes the others with it, a job of
Slurm is lost. What did not come to its turn is handed over again, what was killed twice more.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from hydra.core.utils import JobReturn, JobStatus

from bench.store.claim import holder, left_behind
from bench.store.clock import folder_now
from bench.store.place import Place
from bench.sweep.plan import Planned
from bench.sweep.stopping import Stopping

Launch = Callable[[list[list[str]]], Sequence[JobReturn]]
"""A launcher: overrides of each cell in, what became of each out."""

DEATHS = 3
"""Times that a cell may die without a record."""

LOOK = 2.0
"""Seconds between two looks at jobs that outlived their launcher."""


class Dispatch:
    """Brings the cells of one sweep to a launcher."""

    def __init__(self, since: float, launch: Launch, stopping: Stopping) -> None:
        self._since = since
        self._launcher = launch
        self._stopping = stopping
        self._deaths: Counter[str] = Counter()
        self.reasons: dict[str, str] = {}
        """Why a cell ended without a record, by run_id."""
        self.broken = ""
        """Why the launcher broke, where it did."""

    def run(self, cells: Sequence[Planned]) -> None:
        """Launch what is pending, again and again while that gets anywhere."""
        overrides = {one.place: list(one.overrides) for one in cells if one.place is not None}
        todo = self._pending(overrides)
        while todo:
            started = folder_now(todo[0].folder.path.parent)
            with self._stopping.watching(todo):
                self._launch(todo, [overrides[place] for place in todo])
            left = self._pending(overrides)
            dead = [place.run_id for place in left if left_behind(place.folder.path, started)]
            self._deaths.update(dead)
            if not dead and set(left) >= set(todo):
                return
            todo = [place for place in left if self._deaths[place.run_id] < DEATHS]

    def _pending(self, places: Iterable[Place]) -> list[Place]:
        """The cells that nobody works on, and nobody tried since the sweep began."""
        return [
            place
            for place in places
            if place.run_id not in self.reasons
            and place.settled(self._since) is None
            and holder(place.folder.path) is None
        ]

    def _launch(self, todo: Sequence[Place], overrides: list[list[str]]) -> None:
        try:
            results = self._launcher(overrides)
        except Exception as error:  # noqa: BLE001  (told; the records show what is left to do)
            reason = str(error).strip().partition("\n")[0][:300]
            self.broken = f"the launcher broke: {type(error).__name__}: {reason}"
            print(f"bench: {self.broken}", file=sys.stderr, flush=True)
            while any(holder(place.folder.path) for place in todo):
                time.sleep(LOOK)
            return
        for place, result in zip(todo, results, strict=True):
            if result.status is JobStatus.COMPLETED and result.return_value:
                self.reasons[place.run_id] = result.return_value
