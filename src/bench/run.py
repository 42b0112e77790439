"""The runner: one cell from its settings to its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bench.config import Cell
from bench.errors import StoppedError
from bench.identity import identify
from bench.machine import prepare_threads
from bench.models.fingerprint import fingerprint
from bench.recording import absorb, cell_names, new_record, recording
from bench.scoring import score
from bench.store.folder import STAGES, RunFolder
from bench.store.record import Record
from bench.store.store import Store
from bench.summary import data_facts, summary, title
from bench.tasks.base import Split
from bench.tasks.sources import Rows, load
from bench.tracking import Tracker, tracking


def run(cell: Cell) -> Record:
    """Run a cell, or return its record where it is finished already."""
    store = Store(cell.paths.results)
    store.check_writable()
    rows = load_rows(cell)
    revision, weights = fingerprint(cell.model)
    identity = identify(cell, {part.split: part.sha256 for part in rows.values()}, weights)
    path = store.path(cell_names(cell), identity.run_id)
    folder = RunFolder(cell.paths.runs / identity.run_id)
    done = store.finished(cell_names(cell), identity.run_id)
    # Metrics that could not be computed are tried again where the predictions are still here.
    if done is not None and (done.complete or folder.done("predict") is None):
        print(f"{title(cell)}: finished already, skipped\n{summary(done)}\nrecord: {path}")
        return done
    check_rows(cell, rows)
    record = new_record(cell, identity)
    record.data = data_facts(cell, rows)
    record.model = {"name": cell.model.name, "revision": revision, "sha256": weights}
    with recording(store, record), tracking(cell, folder, identity.run_id) as tracker:
        tracker.say(f"{title(cell)} · run {identity.run_id}")
        carry_out(cell, rows, folder, record, tracker)
        tracker.say(summary(record))
    print(f"record: {path}")
    return record


def load_rows(cell: Cell) -> dict[str, Rows]:
    """The rows by what they are for, each split cut to its limit."""
    wanted: dict[str, tuple[Split, int | None]] = {
        "train": ("train", cell.train.limit),
        "validation": ("validation", cell.train.validation_limit),
        "evaluation": (cell.eval.split, cell.eval.limit),
    }
    return {
        role: load(cell.task, cell.data, split, limit) for role, (split, limit) in wanted.items()
    }


def check_rows(cell: Cell, rows: Mapping[str, Rows]) -> None:
    """Turn every row into what it will be used as, so that a bad one is found before training."""
    cell.task.pairs(rows["train"].rows)
    cell.task.pairs(rows["validation"].rows)
    for query in cell.task.queries(rows["evaluation"].rows):
        if cell.method.shots:
            cell.task.demonstrated(query.context, cell.method.shots)


def carry_out(
    cell: Cell, rows: Mapping[str, Rows], folder: RunFolder, record: Record, tracker: Tracker
) -> None:
    """Fit, predict, score: each unless its note is in the run's folder already."""
    threads = prepare_threads(cell)
    from bench.stages import Job

    job = Job(cell, rows, folder, tracker, threads)
    stages: dict[str, Callable[[], dict[str, Any]]] = {
        "fit": job.fit,
        "predict": job.predict,
        "score": partial(score, cell, folder),
    }
    for stage in STAGES:
        note = folder.done(stage)
        if note is None:
            if stage == "score":
                tracker.say("scoring")
            note = stages[stage]()
            if not note.get("unavailable"):
                folder.finish(stage, note)
        absorb(record, note)
        if cell.stop_after == stage:
            raise StoppedError(
                f"stopped after {stage}, as asked; the same command without "
                "stop_after goes on from here"
            )
    tracker.scores(record.metrics)
