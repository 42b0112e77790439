"""One run's place among those that train together: its claim, its log, its record if it fails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NoReturn

from bench.config import Cell
from bench.errors import ClaimedError
from bench.interruption import Interruption
from bench.outcome import exit_code
from bench.recording import recording
from bench.sitting import Sitting
from bench.store.claim import claimed
from bench.store.place import Place
from bench.store.record import Record
from bench.tracking import tracking


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Held from `take` until the run's fit is noted, or failed."""

    cell: Cell
    place: Place
    record: Record
    """What is left where the run fails."""
    sitting: Sitting
    _held: ExitStack = field(repr=False)

    @classmethod
    def take(
        cls,
        cell: Cell,
        place: Place,
        record: Record,
        *,
        since: float,
        interruption: Interruption,
        sign: Callable[[], None],
    ) -> Seat | None:
        """Claim a run; None where it has its fit, its record, or another process."""
        with ExitStack() as stack:
            try:
                claim = stack.enter_context(claimed(place.folder.path))
            except ClaimedError:
                return None
            if place.settled(since) is not None or place.folder.done("fit") is not None:
                return None
            tracker = stack.enter_context(tracking(cell, place.folder, place.run_id))

            def alive() -> None:
                sign()
                claim.alive()

            place.folder.tidy()
            sitting = Sitting(tracker=tracker, interruption=interruption, alive=alive)
            return cls(
                cell=cell, place=place, record=record, sitting=sitting, _held=stack.pop_all()
            )

    def keep(self, note: dict[str, Any]) -> None:
        """Note that the fit is done, and leave the rest to whoever runs the cell."""
        self.place.folder.finish("fit", note)
        self._held.close()

    def fail(self, error: BaseException) -> None:
        """Leave a record of the error, tell it, and go."""
        with self._held:
            try:
                self._record(error)
            except BaseException as same:
                if same is not error:
                    raise
            if isinstance(error, Exception):
                exit_code(error)

    def _record(self, error: BaseException) -> NoReturn:
        """Raise the error where a record is left of it."""
        with recording(self.place.store, self.record):
            raise error

    def free(self) -> None:
        """Go, so that the cell can be run by itself."""
        self._held.close()
