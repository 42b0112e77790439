"""Run a cell in a process that is killed, at a moment or before its n-th write to a disk."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import bench.stages  # noqa: F401  (forked processes find the heavy packages loaded)
from bench.config import cell_from
from bench.metrics import e2e
from bench.metrics.scores import Scores
from bench.run import run

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.killing"])


def start(settings: dict[str, Any], die_before: int | None = None) -> BaseProcess:
    """A process that runs the cell of these settings; it dies before that write, the first is 1."""
    process = CONTEXT.Process(target=_run, args=(settings, die_before))
    process.start()
    return process


def writes(folder: Path) -> int:
    """How many writes a process made that ran to its end."""
    return int((folder / "writes").read_text())


def _run(settings: dict[str, Any], die_before: int | None) -> None:
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    count = _counted(die_before)
    e2e.score_e2e = _lengths  # Java would take longer than all the rest
    cell = cell_from(settings)
    run(cell)
    (cell.paths.runs.parent / "writes").write_text(str(len(count)))


def _counted(die_before: int | None) -> list[int]:
    """Note every call that makes a write last, or visible; die before one of them."""
    seen: list[int] = []

    def noted(real: Any) -> Any:
        def call(*arguments: Any) -> Any:
            seen.append(1)
            if len(seen) == die_before:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return call

    os.fsync = noted(os.fsync)  # type: ignore[assignment]
    Path.replace = noted(Path.replace)  # type: ignore[method-assign]
    return seen


def _lengths(predictions: list[str], references: list[list[str]]) -> Scores:
    total = sum(len(text) for text in predictions) / len(references)
    return Scores({"BLEU": total, "METEOR": total / 2})
