"""Probes of whole cells: from rows to metrics, through the runner."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from bench.canary.probe import Inputs, Probe, Reading
from bench.canary.rows import Rows, descriptions, paraphrases
from bench.canary.scores import without_java
from bench.canary.steps import OPTIMIZER
from bench.canary.tiny import section
from bench.config import Cell, cell_from
from bench.registry import tasks
from bench.run import run
from bench.store.folder import RunFolder
from bench.store.record import Record
from bench.sweep.compose import new_composer
from bench.tasks.base import GenerationTask, Task

GENERATION, CLASSIFICATION = "cell generation", "cell classification"


@dataclass(frozen=True, kw_only=True)
class Small:
    """A small whole cell."""

    task: str
    family: str
    method: str
    component: str
    """The one component of the method."""
    rows: Callable[[], Mapping[str, Rows]]
    settings: tuple[str, ...]


CELLS: Mapping[str, Small] = {
    GENERATION: Small(
        task="e2e",
        family="gpt2",
        method="ft",
        component="select everything",
        rows=descriptions,
        settings=(
            "train.steps=30", "train.warmup_steps=2", "train.select=best", "train.evaluations=4",
            "train.label_smoothing=0.1", "train.clip_norm=1.0", "decode.beams=3",
            "decode.length_penalty=0.8", "decode.max_new_tokens=24", "eval.split=test",
        ),
    ),
    CLASSIFICATION: Small(
        task="mrpc",
        family="roberta",
        method="lora",
        component="update lora",
        rows=paraphrases,
        settings=(
            "++method.optimizer.lr=0.02", "method.dropout=0.0", "train.steps=60",
            "train.warmup_ratio=0.1", "train.select=best", "train.evaluations=3",
            "train.label_smoothing=0.0", "train.clip_norm=null", "eval.split=validation",
        ),
    ),
}  # fmt: skip

COMMON = (
    *(f"++method.optimizer.{key}={value}" for key, value in OPTIMIZER.items()),
    "preset=quick", "data=synthetic", "seed=0", "threads=1", "device=cpu", "hang_minutes=null",
    "checkpoint.minutes=null", "train.epochs=1", "train.precision=fp32", "train.batch_size=4",
    "train.accumulation=1", "train.limit=null", "train.validation_limit=null", "eval.limit=null",
)  # fmt: skip
"""What both share; a recipe may say something else."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A cell that was run, while its folder exists."""

    record: Record
    folder: RunFolder


def probes() -> list[Probe]:
    """One that writes texts and one that decides labels."""
    return [
        Probe(
            name=name,
            components=used(cell),
            inputs=partial(inputs, cell),
            read=partial(read, tasks()[cell.task]),
        )
        for name, cell in CELLS.items()
    ]


def used(cell: Small) -> tuple[str, ...]:
    """Every component of a cell, in the order of the data flow."""
    task = tasks()[cell.task]
    decoder = ("decoder",) if issubclass(task, GenerationTask) else ()
    family = f"metrics {task.scorer.rpartition('.')[2]}"
    return (f"task {cell.task}", "models", "trainer", cell.component, *decoder, family)


def inputs(cell: Small) -> Inputs:
    """Settings and rows, as plain data."""
    named = (f"task={cell.task}", f"model=tiny_{cell.family}", f"method={cell.method}")
    settings = new_composer().settings([*named, *COMMON, *cell.settings])
    del settings["paths"]
    return {"settings": {**settings, "model": section(cell.family)}, "rows": cell.rows()}


def read(kind: type[Task], inputs: Inputs) -> Reading:
    """Losses, what was predicted, and every metric that needs no Java."""
    with without_java(), ran(kind, inputs) as done:
        record, folder = done.record, done.folder
        lines = folder.read_lines(folder.file("predict"))
        found: Reading = {name: v for name, v in record.metrics.items() if v is not None}
        found["losses"] = losses(done)
        found["validation losses"] = [one["loss"] for one in record.history]
        found["predictions"] = json.dumps([one["prediction"] for one in lines])
        if "logits" in lines[0]:
            found["logits"] = [value for one in lines for value in one["logits"]]
    return found


def losses(done: Ran) -> list[float]:
    """The training loss of every step."""
    return [step["loss"] for step in done.folder.read_lines(done.folder.trace)]


@contextmanager
def ran(kind: type[Task], inputs: Inputs, **given: Any) -> Iterator[Ran]:
    """Run the cell in a folder that is gone afterwards; `given` replaces settings."""
    with tempfile.TemporaryDirectory(prefix="bench-canary-") as temporary:
        folder = Path(temporary)
        write_rows(kind, inputs["rows"], folder / "data")
        settings = {
            **inputs["settings"],
            "data": {"source": "local", "root": folder / "data", "partial": True},
            "paths": {"results": folder / "results", "runs": folder / "runs"},
            **given,
        }
        record = run_quietly(cell_from(settings), folder / "cache")
        yield Ran(record=record, folder=RunFolder(folder / "runs" / record.run_id))


def write_rows(kind: type[Task], rows: Mapping[str, list[Mapping[str, Any]]], root: Path) -> None:
    """Put rows where data=local looks for them."""
    for file in (file for few in kind.files.values() for file in few):
        path = root / file.source.folder / f"{file.local}.partial.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows[file.name]))


def run_quietly(cell: Cell, cache: Path) -> Record:
    """Run a cell without a word, and without the tokens that were cached by other code."""
    before = os.environ.get("BENCH_CACHE")
    os.environ["BENCH_CACHE"] = str(cache)
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            return run(cell)
    finally:
        del os.environ["BENCH_CACHE"]
        if before is not None:
            os.environ["BENCH_CACHE"] = before
