"""Find a finished training by its run_id, and rebuild its cell. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench import models
from bench.config import Cell, cell_from
from bench.errors import ModelError, StoreError
from bench.models.fingerprint import fingerprint
from bench.paths import config_folder
from bench.store.files import sha256_file
from bench.store.folder import RunFolder
from bench.store.record import Record, parse
from bench.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where runs, records and a local copy of the base model are."""

    runs: Path
    results: Path
    model: Path | None = None


def find_record(results: Path, run_id: str) -> Record:
    """The one record whose run_id begins with `run_id`, or a StoreError."""
    paths = [path for path in Store(results).paths() if path.stem.startswith(run_id)]
    if len(paths) == 1:
        try:
            return parse(paths[0].read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, StoreError) as error:
            raise StoreError(f"{paths[0]}: no readable record ({error})") from None
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
    folder = RunFolder(runs / record.run_id)
    adapter = folder.file("fit")
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
    settings = {
        **record.config,
        "paths": {"results": places.results, "runs": places.runs},
        "data": {"source": "synthetic", "root": None},
        "model": {**_catalogued(record), **record.config["model"], "path": places.model},
        "device": "cpu",
        "threads": None,
        "stop_after": None,
    }
    used = record.identity["inputs"]["settings"]["train"]["precision"]
    settings["train"] = {**settings["train"], "precision": "bf16" if used == "bf16" else "fp32"}
    settings["train"]["start_from"] = None  # what it started from is in the adapter
    cell = cell_from(settings)
    check_versions(cell, record)
    return cell


def _catalogued(record: Record) -> Mapping[str, Any]:
    """What conf/model says of the model: a record may be older than some of its keys."""
    path = config_folder() / "model" / f"{record.cell['model']}.yaml"
    if not path.is_file():
        return {}
    values: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return values


def check_versions(cell: Cell, record: Record) -> None:
    """Refuse an adapter that today's code would read as another model."""
    held = record.identity["inputs"]["versions"]
    for name, version in {**cell.method.versions, "models": models.VERSION}.items():
        if held.get(name) != version:
            raise StoreError(
                f"{record.run_id}: made with version {held.get(name)} of {name}, this is version "
                f"{version}; run it again, or export it with the code that made it "
                f"(commit {record.provenance.get('git_sha')})"
            )


def compare_weights(record: Record, cell: Cell) -> str | None:
    """Raise a ModelError where the base weights are others than the run's.

    Weights from a folder are known by their content, pinned ones by their name: where the
    run had the one and this machine the other, they cannot be compared, and that is said.
    """
    revision, found = fingerprint(cell.model)
    held, name = record.model, cell.model.name
    if found == held["sha256"]:
        return None
    if (revision is None) == (held["revision"] is None):
        raise ModelError(
            f"{name}: other weights than those that {record.run_id} was trained on "
            f"({found[:8]}, not {held['sha256'][:8]}); name the right ones with model.path=DIR"
        )
    here = f"a folder, the run's were {held['revision']}"
    there = f"{revision}, the run's were from a folder"
    return f"base weights not compared: they are from {here if revision is None else there}"
