"""Run a cell once more in a folder of its own, beside the runs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import StoreError
from bench.rerun.cell import Here, cell_again, check_finished, check_rows
from bench.rerun.compare import Side
from bench.run import run
from bench.store.files import unwritable
from bench.store.folder import RunFolder
from bench.store.record import Record
from bench.store.store import Store
from bench.trained import compare_weights, find_adapter, find_record, need

FOLDER = "rerun"
"""Below the folder of runs."""


@dataclass
class Scratch:
    """A folder that is removed when its work is done, unless `keep` is set by then."""

    path: Path
    keep: bool = field(default=False)


@contextmanager
def scratch_folder(runs: Path, run_id: str) -> Iterator[Scratch]:
    """A new folder below the folder of runs."""
    place = runs / FOLDER
    try:
        place.mkdir(parents=True, exist_ok=True)
        scratch = Scratch(Path(tempfile.mkdtemp(dir=place, prefix=f"{run_id}-")))
    except OSError as error:
        raise unwritable(place, error) from error
    try:
        yield scratch
    finally:
        if not scratch.keep:
            shutil.rmtree(scratch.path, ignore_errors=True)
            with suppress(OSError):  # another repetition is at work in it, or was kept
                place.rmdir()


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """A run and its repetition."""

    then: Side
    now: Side
    note: str | None
    """A reservation about the base weights."""


def repeat(record: Record, here: Here, scratch: Path) -> Repeated:
    """Run the cell of `record` again; a BenchError where it cannot be run as it was."""
    check_finished(record)
    cell = cell_again(record, here, scratch)
    note = compare_weights(record, cell)
    check_rows(cell, record)
    bring_start(record, here, scratch)
    now = run(cell)
    if now.status != "finished":
        raise StoreError(f"{record.run_id}: {now.status} this time")
    return Repeated(
        then=Side(record, RunFolder(here.places.runs / record.run_id)),
        now=Side(now, RunFolder(cell.paths.runs / now.run_id)),
        note=note,
    )


def bring_start(record: Record, here: Here, scratch: Path) -> None:
    """Copy the run that this one started from, if any, to where it is looked for."""
    start = need(record, "config", "train").get("start_from")
    if start is None:
        return
    base = find_record(here.places.results, str(start))
    adapter = find_adapter(here.places.runs, base).file("fit")
    target = RunFolder(scratch / "runs" / base.run_id).file("fit")
    Store(scratch / "results").write(base)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(adapter, target)
