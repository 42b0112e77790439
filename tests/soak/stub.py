"""Stages that make small files of known content, in the place of those that need torch."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.config import Cell
from bench.material import Material
from bench.recording import cell_names
from bench.sitting import Sitting
from bench.store.files import write_atomic
from bench.store.folder import RunFolder
from bench.store.store import Store
from tests.soak.faults import die, fault_of, first, happen

STATE = "BENCH_SOAK_STATE"
"""Environment variable: folder of faults that happened, and of the log."""

WORK = 0.002
"""Seconds that a stage takes."""

WHERE = {
    "killed in fit": "fit", "memory": "fit",
    "killed between stages": "predict", "exception": "predict", "hang": "predict",
    "torn note": "predict", "torn claim": "predict", "garbage record": "predict",
    "torn predictions": "score",
}  # fmt: skip
"""The stage at whose beginning a fault happens."""


def rows(split: str) -> list[dict[str, Any]]:
    """In the place of the generator of E2E rows, which takes longer than a stage."""
    return [
        {"meaning_representation": f"name[{split}]", "human_reference": f"{split} {number}."}
        for number in range(3)
    ]


def adapter(run_id: str) -> bytes:
    """What the training of a run makes."""
    return hashlib.sha256(f"fit {run_id}".encode()).digest() * 16


def predictions(made: bytes) -> list[dict[str, Any]]:
    """What is predicted with a training."""
    return [{"prediction": hashlib.sha256(made + bytes([item])).hexdigest()} for item in range(4)]


def scores(predicted: list[dict[str, Any]]) -> dict[str, float]:
    """What predictions score."""
    digest = hashlib.sha256(json.dumps(predicted).encode()).hexdigest()
    return {"BLEU": int(digest[:8], 16) / 2**32}


def log(stage: str, run_id: str, seconds: float) -> None:
    """One line for work that was done; a line of this length is appended whole."""
    handle = os.open(Path(os.environ[STATE]) / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{stage} {run_id} {seconds:.6f}\n".encode())
    os.close(handle)


def fault(stage: str, cell: Cell, folder: RunFolder) -> None:
    """Let the run's fault happen where its stage is this one."""
    run_id = folder.path.name
    kind = fault_of(run_id) if "BENCH_SOAK_FAULTS" in os.environ else None
    if kind is None or WHERE.get(kind) != stage or not first(Path(os.environ[STATE]), run_id):
        return
    happen(kind, folder.path, Store(cell.paths.results).path(cell_names(cell), run_id))


def write_torn(path: Path, data: str) -> None:
    """In the place of write_atomic for records: die in the middle of some."""
    chosen = "BENCH_SOAK_FAULTS" in os.environ and (
        fault_of(path.stem) == "killed while the record is written"
    )
    if chosen and first(Path(os.environ[STATE]), path.stem):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f".{path.name}.half.tmp").write_text(data[: len(data) // 2])
        die()
    write_atomic(path, data)


@dataclass
class Job:
    """The interface of bench.stages.Job."""

    cell: Cell
    material: Material
    folder: RunFolder
    sitting: Sitting
    threads: int
    seconds: dict[str, float] = field(default_factory=dict)

    def fit(self) -> dict[str, Any]:
        """Make the adapter."""
        fault("fit", self.cell, self.folder)
        started = time.perf_counter()
        time.sleep(WORK)
        self.sitting.look()
        write_atomic(self.folder.file("fit"), adapter(self.folder.path.name))
        log("fit", self.folder.path.name, time.perf_counter() - started)
        return {"artifacts": {"adapter": self.folder.artifact(self.folder.file("fit"))}}

    def predict(self) -> dict[str, Any]:
        """Predict from the adapter's bytes."""
        fault("predict", self.cell, self.folder)
        started = time.perf_counter()
        time.sleep(WORK)
        self.sitting.look()
        predicted = predictions(self.folder.file("fit").read_bytes())
        self.folder.write_lines(self.folder.file("predict"), predicted)
        log("predict", self.folder.path.name, time.perf_counter() - started)
        return {"artifacts": {"predictions": self.folder.artifact(self.folder.file("predict"))}}


def score(cell: Cell, folder: RunFolder) -> dict[str, Any]:
    """In the place of bench.scoring.score."""
    fault("score", cell, folder)
    started = time.perf_counter()
    found = {"metrics": scores(folder.read_lines(folder.file("predict")))}
    write_atomic(folder.file("score"), json.dumps(found))
    log("score", folder.path.name, time.perf_counter() - started)
    return found
