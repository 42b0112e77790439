"""The cell of a record, to be run once more on this machine. No torch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.config import Cell, cell_from
from bench.errors import ConfigError, DataError, StoreError
from bench.machine import has_gpu
from bench.material import hashes, load_rows
from bench.printable import short
from bench.store.record import Record
from bench.trained import Places, need, settings_of_record


@dataclass(frozen=True, kw_only=True)
class Here:
    """What was named on the command line; null takes what the record says."""

    places: Places
    data: Path | None = None
    """Folder of local rows."""
    device: str | None = None
    threads: int | None = None


def check_finished(record: Record) -> None:
    """Only a finished run left numbers to compare with."""
    if record.status != "finished":
        raise StoreError(f"{record.run_id}: {record.status}; only a finished run can be repeated")


def cell_again(record: Record, here: Here, scratch: Path) -> Cell:
    """The settings of the record, with this machine's folders, writing below `scratch`."""
    places = Places(
        runs=scratch / "runs", results=scratch / "results", model=here.places.model
    )  # fmt: skip
    settings = settings_of_record(record, places)
    settings |= {
        "data": _data(need(record, "config", "data"), here),
        "device": _device(record, here.device),
        "threads": here.threads or record.provenance.get("threads"),
        "time_limit": None,
        "snapshots": False,
        "logging": {"kind": "none"},
    }
    return cell_from(settings)


def _data(stated: dict[str, Any], here: Here) -> dict[str, Any]:
    """Where the rows are: rows that a run had from the hub may lie in a folder here."""
    if here.data is not None and stated.get("source") == "hub":
        return {**stated, "source": "local", "root": here.data}
    usual = os.environ.get("BENCH_DATA") if stated.get("source") == "local" else None
    return {**stated, "root": here.data or usual or None}


def _device(record: Record, wanted: str | None) -> str:
    """The kind of device that the run computed on, unless another one is asked for."""
    if wanted is not None:
        return wanted
    used = record.config.get("device")
    if used not in ("cpu", "cuda"):
        used = "cuda" if record.provenance.get("gpu") else "cpu"
    if used == "cuda" and not has_gpu():
        gpu = short(record.provenance.get("gpu"))
        raise ConfigError(
            f"{record.run_id}: ran on {gpu}, and here is no GPU; device=cpu repeats it, "
            "though not to the digit"
        )
    return str(used)


def check_rows(cell: Cell, record: Record) -> None:
    """Raise a DataError where the rows are others than the run's."""
    stated, found = need(record, "identity", "inputs", "data"), hashes(load_rows(cell))
    for name in sorted(stated.keys() | found.keys()):
        if stated.get(name) != found.get(name):
            here, then = (str(one.get(name))[:8] for one in (found, stated))
            raise DataError(
                f"{record.run_id}: {name} has other rows here (sha256 {here}, in the record "
                f"{then}); name the folder with the run's rows with data.root=DIR"
            )
