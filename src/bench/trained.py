"""Find a finished training by its run_id, and rebuild its cell. No torch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import models
from bench.config import Cell, cell_from
from bench.errors import ModelError, StoreError
from bench.models.fingerprint import fingerprint
from bench.paths import config_folder
from bench.printable import one_line
from bench.store.files import sha256_file
from bench.store.folder import RunFolder
from bench.store.names import check_inside, check_name, check_run_id
from bench.store.plain import read_yaml
from bench.store.record import Record
from bench.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where runs, records and a local copy of the base model are."""

    runs: Path
    results: Path
    model: Path | None = None


PLACES = ("paths.results", "paths.runs", "model.path")
"""Keys of `places_of`."""


def places_of(settings: Mapping[str, str]) -> Places:
    """The folders that were named, or those of BENCH_RUNS and BENCH_RESULTS, or the usual ones."""
    path = settings.get("model.path")
    return Places(
        runs=Path(settings.get("paths.runs") or os.environ.get("BENCH_RUNS") or "runs"),
        results=Path(settings.get("paths.results") or os.environ.get("BENCH_RESULTS") or "results"),
        model=Path(path) if path else None,
    )


def find_record(results: Path, run_id: str) -> Record:
    """The one record whose run_id begins with `run_id`, or a StoreError."""
    store = Store(results)
    paths = [path for path in store.paths() if path.stem.startswith(run_id)]
    if len(paths) == 1:
        try:
            record = store.load(paths[0])
        except (OSError, StoreError) as error:
            raise StoreError(f"{paths[0]}: no readable record ({error})") from None
        if store.path(record.cell, record.run_id) != paths[0]:
            raise StoreError(f"{paths[0]}: holds the record of another run ({record.run_id})")
        return record
    if paths:
        names = ", ".join(path.stem for path in paths[:5])
        raise StoreError(f"{run_id}: {len(paths)} runs begin so ({names}); give more digits")
    raise StoreError(
        f"{run_id}: no record of such a run in {results}; python -m bench.list runs "
        "names them, paths.results=DIR another folder"
    )


def find_adapter(runs: Path, record: Record) -> RunFolder:
    """The run's folder, with the adapter that the record tells of, or a StoreError."""
    noted = record.artifacts.get("adapter")
    if noted is None:
        raise StoreError(f"{record.run_id}: {record.status} before its training was done")
    folder = RunFolder(check_inside(runs / check_run_id(record.run_id), runs))
    adapter = check_inside(folder.file("fit"), runs)
    if not adapter.is_file():
        raise StoreError(
            f"{record.run_id}: {adapter} is missing; copy the run's folder there, or name the "
            "folder of runs with paths.runs=DIR"
        )
    if sha256_file(adapter) != noted["sha256"]:
        raise StoreError(f"{adapter}: not the file that the record tells of; make the run again")
    return folder


def rebuild_cell(record: Record, places: Places) -> Cell:
    """The cell as it was trained, to be loaded on this machine's CPU.

    Weights are rounded as they were while training. No rows are needed, so that data are
    named that are always there.
    """
    settings = settings_of_record(record, places)
    settings |= {"data": {"source": "synthetic", "root": None}, "device": "cpu", "threads": None}
    precision = "bf16" if settings["train"]["precision"] == "bf16" else "fp32"
    # What it started from is in the adapter.
    settings["train"] |= {"precision": precision, "start_from": None}
    cell = cell_from(settings)
    check_versions(cell, record)
    return cell


def settings_of_record(record: Record, places: Places) -> dict[str, Any]:
    """The settings of a run on this machine, from its record: `cell_from` takes them.

    The precision is the one that was used. Data and device are as they were set.
    """
    identified = need(record, "identity", "inputs", "settings", "train")
    return {
        **record.config,
        "paths": {"results": places.results, "runs": places.runs},
        "model": {
            **_catalogued(record), **need(record, "config", "model"), "path": places.model,
        },
        "train": {**need(record, "config", "train"), "precision": identified.get("precision")},
        "stop_after": None,
        "begin_at": None,
    }  # fmt: skip


def _catalogued(record: Record) -> Mapping[str, Any]:
    """What conf/model says of the model: a record may be older than some of its keys."""
    name = check_name("cell.model", record.cell.get("model"))
    path = config_folder() / "model" / f"{name}.yaml"
    return read_yaml(path) if path.is_file() else {}


def check_versions(cell: Cell, record: Record) -> None:
    """Refuse an adapter that today's code would read as another model."""
    held = need(record, "identity", "inputs", "versions")
    for name, version in {**cell.method.versions, "models": models.VERSION}.items():
        if held.get(name) != version:
            raise StoreError(
                f"{record.run_id}: made with version {held.get(name)} of {name}, this is version "
                f"{version}; run it again, or export it with the code that made it "
                f"(commit {record.provenance.get('git_sha')})"
            )


def need(record: Record, section: str, *keys: str) -> Any:
    """A mapping inside a section of a record, or a StoreError that names what is missing."""
    found = getattr(record, section)
    for index, key in enumerate(keys):
        found = found.get(key)
        if not isinstance(found, dict):
            path = ".".join((section, *keys[: index + 1]))
            raise StoreError(f"{record.run_id}: its record has no {path}; it cannot be rebuilt")
    return found


def compare_weights(record: Record, cell: Cell) -> str | None:
    """Raise a ModelError where the base weights are others than the run's.

    Weights from a folder are known by their content, pinned ones by their name: where the
    run had the one and this machine the other, they cannot be compared, and that is said.
    """
    revision, found = fingerprint(cell.model)
    held, name = record.model, cell.model.name
    if found == held.get("sha256"):
        return None
    if (revision is None) == (held.get("revision") is None):
        raise ModelError(
            f"{name}: other weights than those that {record.run_id} was trained on "
            f"({found[:8]}, not {str(held.get('sha256'))[:8]}); name the right ones with "
            "model.path=DIR"
        )
    here = f"a folder, the run's were {held.get('revision')}"
    there = f"{revision}, the run's were from a folder"
    told = here if revision is None else there
    return one_line(f"base weights not compared: they are from {told}")
