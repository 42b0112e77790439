"""One process's turn at a run, from one stage, step or batch to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from bench.config import Cell
from bench.interruption import Interruption
from bench.recording import record_hang, recording
from bench.store.claim import Claim
from bench.store.place import Place
from bench.store.record import Record
from bench.tracking import Tracker, tracking
from bench.watchdog import Watchdog


def nobody() -> None:
    """Nobody asks whether work goes on."""


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """What a run tells while it works, and what it asks between two rounds of a loop."""

    tracker: Tracker
    interruption: Interruption = field(default_factory=Interruption)
    alive: Callable[[], None] = nobody
    """Tells that work goes on; raises where another process has taken the run over."""

    @property
    def ends(self) -> bool:
        """Whether the run should stop at the next good moment."""
        return self.interruption.wanted

    def look(self) -> None:
        """Tell that work goes on, and stop here if that was asked."""
        self.alive()
        self.interruption.look()

    @contextmanager
    def rounds(self) -> Iterator[None]:
        """Around a loop that looks: a signal waits for that, so that the round is kept."""
        with self.interruption.deferred():
            yield


@contextmanager
def sitting_at(cell: Cell, place: Place, record: Record, claim: Claim) -> Iterator[Sitting]:
    """A turn at a run that leaves its record whatever ends it: an error, a signal, a hang."""
    watchdog = Watchdog(cell.hang_minutes, partial(record_hang, place.store, record))

    def alive() -> None:
        watchdog.sign()
        claim.alive()

    with (
        watchdog.watching(),
        Interruption(cell.time_limit).watched() as interruption,
        recording(place.store, record),
        tracking(cell, place.folder, place.run_id) as tracker,
    ):
        place.folder.tidy()
        yield Sitting(tracker=tracker, interruption=interruption, alive=alive)
