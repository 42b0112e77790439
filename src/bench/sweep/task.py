"""What a launcher runs for each cell of a sweep, in this process or in another."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.config import cell_from
from bench.errors import ClaimedError, ClaimLostError, StoppedError
from bench.outcome import exit_code, recorded
from bench.store.claim import holder
from bench.store.place import Place
from bench.sweep.compose import Composer

if TYPE_CHECKING:
    from omegaconf import DictConfig


@dataclass(frozen=True, kw_only=True)
class SweepTask:
    """Runs one cell, unless another process of the same sweep did meanwhile."""

    composer: Composer
    since: float
    """When the sweep began, by the file server's clock: a record left behind that stands."""
    mark: Path
    """No further cell starts while this file is there."""
    launcher: int
    """The process that launches; in any other, an interruption ends one cell alone."""
    places: Mapping[tuple[str, ...], Place] = field(default_factory=dict)
    """Of each cell, by its overrides."""

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs, which runs one cell that was free a moment ago."""
        return {**self.__dict__, "places": {}}

    def __call__(self, config: DictConfig) -> str:
        """Run the cell of `config.overrides`; why it left no record, or an empty text."""
        from bench.run import run

        if self.mark.exists():
            return ""
        if (elsewhere := self._elsewhere(config.overrides)) is not None:
            print(f"bench: {elsewhere}", flush=True)
            return ""
        try:
            run(cell_from(self.composer.settings(config.overrides)), since=self.since)
        except StoppedError as stop:
            print(f"bench: {stop}", flush=True)
        except KeyboardInterrupt as interrupt:
            if os.getpid() == self.launcher:
                raise
            exit_code(interrupt)
        except Exception as error:  # noqa: BLE001  (told as one line; the other cells go on)
            exit_code(error)
            if not recorded(error) and not isinstance(error, ClaimedError | ClaimLostError):
                return f"{type(error).__name__}: {error}".partition("\n")[0]
        return ""

    def _elsewhere(self, overrides: Sequence[str]) -> str | None:
        """What another process does with a cell, or did since the sweep began.

        Told before the run, which would read all its rows to find that out.
        """
        place = self.places.get(tuple(overrides))
        if place is None:
            return None
        if (owner := holder(place.folder.path)) is not None:
            return f"{place.run_id}: {owner} works on it"
        record = place.settled(self.since)
        return None if record is None else f"{place.run_id}: {record.status} already, skipped"
