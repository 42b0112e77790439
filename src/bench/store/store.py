"""Read and write records: results/<task>/<model>/<method>/<run_id>.json."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.errors import StoreError
from bench.store.bounds import RECORD_BYTES, read_bounded
from bench.store.files import remove_temporary, unwritable, write_atomic
from bench.store.guard import guarded
from bench.store.names import check_inside, check_name, check_run_id
from bench.store.record import Record, parse

NOT_RECORDS = ("analysis", "tables", "figures", "speed")
"""Folders of results/ that hold what is made from records and runs."""

GUARD = ".lock"
"""Held while one record is written."""


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
        """Where the record of a run is; a StoreError for a name that leads elsewhere."""
        parts = [check_name(f"cell.{key}", cell[key]) for key in ("task", "model", "method")]
        path = self.results.joinpath(*parts, f"{check_run_id(run_id)}.json")
        return check_inside(path, self.results)

    def look(self, path: Path) -> Record | Damaged | None:
        """What is in the place of a record; a StoreError where it cannot be read at all."""
        try:
            return self.load(path)
        except FileNotFoundError:
            return None
        except StoreError as error:
            return Damaged(path, str(error))
        except OSError as error:
            raise StoreError(f"{path}: cannot be read ({error.strerror})") from error

    def load(self, path: Path) -> Record:
        """Read the record in a file below the folder: an OSError, or a StoreError with a reason."""
        return parse(read_bounded(check_inside(path, self.results), RECORD_BYTES))

    def write(self, record: Record) -> Path:
        """Write a record atomically, unless a finished one is there.

        A finished record stays as it is, also when another process wrote it meanwhile; only
        one that lacks metrics gives way to one that lacks fewer. What is there and is no
        record is moved aside.
        """
        path = self.path(record.cell, record.run_id)
        with guarded(self.results / GUARD):
            held = self.look(path)
            if isinstance(held, Damaged):
                _move_aside(held)
            done = isinstance(held, Record) and held.status == "finished"
            better = record.status == "finished" and (
                isinstance(held, Record) and len(record.unavailable) < len(held.unavailable)
            )
            if not done or better:
                remove_temporary(path.parent, path.name)
                write_atomic(path, record.to_json())
        return path

    def check_writable(self) -> None:
        """Fail before a run starts, not after it, where results cannot be written."""
        try:
            self.results.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.results):
                pass
        except OSError as error:
            raise unwritable(self.results, error) from error

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
                found = self.look(path)
            except StoreError as error:
                found = Damaged(path, str(error))
            if isinstance(found, Record):
                records.append(found)
            elif found is not None:
                damaged.append(found)
        return records, damaged


def _move_aside(damaged: Damaged) -> None:
    """Give a file that is no record a name beside its own: it is never deleted."""
    path = damaged.path
    names = (path.with_name(f"{path.name}.damaged{f'-{n}' if n > 1 else ''}") for n in count(1))
    aside = next(name for name in names if not name.exists())
    try:
        path.rename(aside)
    except OSError as error:
        raise unwritable(aside, error) from error
    print(f"{path}: no readable record ({damaged.reason}); kept as {aside.name}", flush=True)
