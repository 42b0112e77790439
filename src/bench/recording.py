"""A run leaves a record whatever happens to it."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.config import Cell
from bench.errors import DivergedError, StoppedError, TimeLimitError, is_out_of_memory
from bench.identity import Identity
from bench.store.record import Record
from bench.store.store import Store

PHASES = (
    "rows", "load", "attach", "tokenise", "train", "validate", "checkpoint", "predict", "score",
)  # fmt: skip
"""What the total time is the sum of, though a run may have been made in several sittings."""


def cell_names(cell: Cell) -> dict[str, Any]:
    """The five names of a cell."""
    return {
        "model": cell.model.name,
        "method": cell.method.name,
        "task": cell.task.key,
        "seed": cell.seed,
        "preset": cell.preset,
    }


def now() -> str:
    """The present moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def without_places(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings less the folders of this machine: records travel, and folders change nothing.

    Data and weights that were read from a folder are named by their hashes.
    """
    kept = {key: value for key, value in settings.items() if key != "paths"}
    kept["data"] = {**settings["data"], "root": None}
    kept["model"] = {**settings["model"], "path": None}
    return kept


def new_record(cell: Cell, identity: Identity) -> Record:
    """A record that says what is about to run."""
    return Record(
        run_id=identity.run_id,
        status="interrupted",
        cell=cell_names(cell),
        config=without_places(cell.settings),
        identity={"hash": identity.hash, "group": identity.group, "inputs": identity.inputs},
        select=cell.train.select,
        created=now(),
    )


def absorb(record: Record, note: Mapping[str, Any]) -> None:
    """Put what a stage noted into the record: mappings are joined, other values replaced."""
    for name, value in note.items():
        held = getattr(record, name)
        if isinstance(held, dict):
            held.update(value)
        else:
            setattr(record, name, value)
    record.time["total"] = sum(record.time.get(phase) or 0.0 for phase in PHASES)


def status_of(error: BaseException) -> str:
    """The status that a run which ended with `error` gets."""
    if isinstance(error, DivergedError):
        return "diverged"
    if isinstance(error, KeyboardInterrupt | SystemExit | StoppedError | TimeLimitError):
        return "interrupted"
    return "out_of_memory" if is_out_of_memory(error) else "failed"


def readable_traceback(error: BaseException) -> str:
    """The traceback without the folders of this machine: files begin at their package."""
    text = "".join(traceback.format_exception(error))
    homes = {str(Path(__file__).parents[1]), *(path for path in sys.path if path)}
    for home in sorted(homes, key=len, reverse=True):
        text = text.replace(f"{home}{os.sep}", "")
    return text


@contextmanager
def recording(store: Store, record: Record) -> Iterator[Record]:
    """Write the record when the block ends: finished, or with the reason why not."""
    try:
        yield record
        record.status = "finished"
    except BaseException as error:
        record.status = status_of(error)
        record.error = {
            "type": type(error).__name__,
            "message": str(error),
            "traceback": readable_traceback(error),
        }
        if isinstance(error, DivergedError):
            record.error |= {"step": error.step, "last_good": error.last_good}
        error.add_note(f"record: {store.path(record.cell, record.run_id)}")
        raise
    finally:
        record.finished = now()
        store.write(record)
