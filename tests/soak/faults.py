"""Faults for one run in ten, chosen by its run_id, each at its first try only."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

KINDS = (
    "killed in fit",
    "killed between stages",
    "killed while the record is written",
    "exception",
    "memory",
    "hang",
    "torn note",
    "torn predictions",
    "garbage record",
    "torn claim",
)

DEADLY = frozenset(KINDS) - {"exception", "memory"}
"""Kinds that end the process."""


def fault_of(run_id: str) -> str | None:
    """The kind of fault that a run meets; None for nine in ten."""
    drawn = int(hashlib.sha256(f"fault {run_id}".encode()).hexdigest(), 16)
    return KINDS[drawn // 10 % len(KINDS)] if drawn % 10 == 0 else None


def first(state: Path, run_id: str) -> bool:
    """Whether nobody met this run's fault before."""
    try:
        (state / f"{run_id}.fault").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def die() -> None:
    """End at once, as by a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


def tear(path: Path) -> None:
    """Leave the first half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def happen(kind: str, folder: Path, record: Path) -> None:
    """Let a fault happen to the run in `folder`."""
    match kind:
        case "exception":
            raise RuntimeError("a fault")
        case "memory":
            raise MemoryError
        case "hang":
            time.sleep(3600)
        case "torn note":
            tear(folder / "fit.json")
        case "torn predictions":
            tear(folder / "predictions.jsonl")
        case "torn claim":
            tear(folder / "claim.json")
        case "garbage record":
            record.parent.mkdir(parents=True, exist_ok=True)
            record.write_bytes(b"\xff\x00 no record")
    die()
