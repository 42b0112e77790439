"""A run leaves a record whatever happens to it."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.config import Cell
from bench.errors import (
    ClaimLostError,
    DivergedError,
    HangError,
    StoppedError,
    TimeLimitError,
    is_out_of_memory,
)
from bench.identity import Identity
from bench.store.record import Record
from bench.store.redact import redact, redacted, secrets
from bench.store.store import Store

PHASES = (
    "rows", "load", "attach", "tokenise", "train", "validate", "checkpoint", "predict", "score",
)  # fmt: skip
"""What the total time is the sum of, though a run may have been made in several sittings."""


LONGEST = 1 << 17
"""Characters of a message or a traceback: a record stays small whatever an error tells."""


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
    """Put what a stage noted into the record: mappings are joined, other values replaced.

    Of peaks of memory the larger stays: stages may run in processes of their own.
    """
    for name, value in note.items():
        held = getattr(record, name)
        if name == "memory":
            record.memory = larger(record.memory, value)
        elif isinstance(held, dict):
            held.update(value)
        else:
            setattr(record, name, value)
    record.time["total"] = sum(record.time.get(phase) or 0.0 for phase in PHASES)


def larger(one: Mapping[str, int | None], other: Mapping[str, int | None]) -> dict[str, int | None]:
    """The larger of two values of each key; None is none."""
    found: dict[str, int | None] = {}
    for key in (*one, *other):
        known = [value for held in (one, other) if (value := held.get(key)) is not None]
        found[key] = max(known, default=None)
    return found


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


def hide_secrets(record: Record) -> None:
    """Take secrets out of all that is free text; names, by which it is found, stay."""
    hidden = secrets()
    for name in record.__dataclass_fields__.keys() - {"schema", "run_id", "status", "cell"}:
        setattr(record, name, redacted(getattr(record, name), hidden))


@contextmanager
def recording(store: Store, record: Record) -> Iterator[Record]:
    """Write the record when the block ends: finished, or with the reason why not.

    Where another process took the run over, the record is that one's to write.
    """
    try:
        yield record
    except ClaimLostError:
        raise
    except BaseException as error:
        record.status = status_of(error)
        record.error = told(error)
        error.add_note(f"record: {store.path(record.cell, record.run_id)}")
        leave(store, record)
        raise
    record.status = "finished"
    leave(store, record)


def told(error: BaseException) -> dict[str, Any]:
    """What a record keeps of an error."""
    hidden = secrets()
    found: dict[str, Any] = {
        "type": type(error).__name__,
        # Cut behind hiding: half of a secret would not be found.
        "message": redact(str(error), hidden)[:LONGEST],
        "traceback": redact(readable_traceback(error), hidden)[-LONGEST:],
    }
    if isinstance(error, DivergedError):
        found |= {"step": error.step, "last_good": error.last_good}
    return found


def leave(store: Store, record: Record) -> None:
    """Write the record as it now is."""
    record.finished = now()
    hide_secrets(record)
    store.write(record)


def record_hang(store: Store, record: Record, error: HangError) -> None:
    """Leave a record of a run that hangs; the run itself may still hold its own."""
    with suppress(HangError), recording(store, replace(record)):
        raise error
    print(f"bench: {error} ({'; '.join(error.__notes__[-1:])})", file=sys.stderr, flush=True)
