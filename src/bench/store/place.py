"""Where one run leaves its record and its files, and whether there is anything left to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.store.folder import RunFolder, Stage
from bench.store.record import Record
from bench.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Place:
    """The place of one run."""

    store: Store
    record: Path
    folder: RunFolder

    @property
    def run_id(self) -> str:
        """Name of the run."""
        return self.record.stem

    def look(self) -> tuple[Record | None, float]:
        """The record, and when it was written by the file server's clock; a damaged one is none."""
        found = self.store.look(self.record)
        if not isinstance(found, Record):
            return None, 0.0
        return found, self.record.stat().st_mtime

    def stands(self, record: Record) -> bool:
        """Whether a record leaves nothing to do.

        Metrics that could not be computed are tried again where the predictions are still here.
        """
        if record.status != "finished":
            return False
        return record.complete or self.folder.done("predict") is None

    def unready(self, begin_at: Stage | None) -> str | None:
        """Why the run cannot begin with a stage: one before it is not done."""
        undone = None if begin_at is None else self.folder.undone_before(begin_at)
        return undone and f"begin_at={begin_at}, and {undone} is not done in {self.folder.path}"

    def settled(self, since: float | None = None) -> Record | None:
        """The record, where it leaves nothing to do or was written behind `since`."""
        record, written = self.look()
        if record is None:
            return None
        new = since is not None and written > since
        return record if new or self.stands(record) else None


def place_of(results: Path, runs: Path, cell: Mapping[str, object], run_id: str) -> Place:
    """The place of a run; `cell` gives the names of its model, method and task."""
    store = Store(results)
    return Place(
        store=store, record=store.path(dict(cell), run_id), folder=RunFolder(runs / run_id)
    )
