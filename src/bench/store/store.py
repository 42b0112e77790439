"""Read and write records: results/<task>/<model>/<method>/<run_id>.json."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.errors import StoreError
from bench.store.files import write_atomic
from bench.store.record import Record, parse

NOT_RECORDS = ("analysis", "tables", "figures", "speed")
"""Folders of results/ that hold what is made from records and runs."""


@dataclass(frozen=True)
class Damaged:
    """A file below results/ that is no readable record."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Store:
    """The records below one folder."""

    results: Path

    def path(self, cell: dict[str, object], run_id: str) -> Path:
        """Where the record of a run is."""
        parts = [str(cell[key]) for key in ("task", "model", "method")]
        return self.results.joinpath(*parts, f"{run_id}.json")

    def finished(self, cell: dict[str, object], run_id: str) -> Record | None:
        """The record of this run if it is done; a failed run does not count.

        A file that is no record is a StoreError: it is somebody's, and not overwritten.
        """
        path = self.path(cell, run_id)
        try:
            record = parse(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, StoreError) as error:
            raise StoreError(f"{path}: no readable record ({error}); move it away") from None
        return record if record.status == "finished" else None

    def write(self, record: Record) -> Path:
        """Write a record atomically, unless a finished one is there.

        A finished record stays as it is, also when another process wrote it meanwhile; only
        one that lacks metrics gives way to one that lacks fewer.
        """
        path = self.path(record.cell, record.run_id)
        held = self.finished(record.cell, record.run_id)
        better = held is not None and record.status == "finished"
        if held is None or (better and len(record.unavailable) < len(held.unavailable)):
            write_atomic(path, record.to_json())
        return path

    def check_writable(self) -> None:
        """Fail before a run starts, not after it, where results cannot be written."""
        probe = self.results / ".writable"
        write_atomic(probe, "")
        probe.unlink(missing_ok=True)

    def paths(self) -> Iterator[Path]:
        """All files that should be records, in the order of their names."""
        for path in sorted(self.results.glob("*/*/*/*.json")):
            if path.relative_to(self.results).parts[0] not in NOT_RECORDS:
                yield path

    def read(self) -> tuple[list[Record], list[Damaged]]:
        """Every record, and every file that should be one but is not."""
        records: list[Record] = []
        damaged: list[Damaged] = []
        for path in self.paths():
            try:
                records.append(parse(path.read_text(encoding="utf-8")))
            except (StoreError, OSError, UnicodeDecodeError) as error:
                damaged.append(Damaged(path, str(error)))
        return records, damaged
