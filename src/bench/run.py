"""The runner: one cell from its settings to its record."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bench.config import Cell
from bench.errors import StoppedError
from bench.identity import identify
from bench.interruption import Interruption
from bench.machine import prepare_threads
from bench.material import Material, hashes, load_rows, prepare
from bench.models.fingerprint import fingerprint
from bench.recording import absorb, cell_names, new_record, recording
from bench.scoring import score
from bench.sitting import Sitting
from bench.start import with_start
from bench.store.folder import STAGES, RunFolder
from bench.store.record import Record
from bench.store.store import Store
from bench.summary import data_facts, summary, title
from bench.tracking import tracking


def run(cell: Cell) -> Record:
    """Run a cell, or return its record where it is finished already."""
    store = Store(cell.paths.results)
    store.check_writable()
    cell = with_start(cell)
    rows = load_rows(cell)
    revision, weights = fingerprint(cell.model)
    identity = identify(cell, hashes(rows), weights)
    path = store.path(cell_names(cell), identity.run_id)
    folder = RunFolder(cell.paths.runs / identity.run_id)
    done = store.finished(cell_names(cell), identity.run_id)
    # Metrics that could not be computed are tried again where the predictions are still here.
    if done is not None and (done.complete or folder.done("predict") is None):
        print(f"{title(cell)}: finished already, skipped\n{summary(done)}\nrecord: {path}")
        return done
    material = prepare(cell, rows)
    record = new_record(cell, identity)
    record.data = data_facts(cell, rows)
    record.model = {"name": cell.model.name, "revision": revision, "sha256": weights}
    with (
        Interruption(cell.time_limit).watched() as interruption,
        recording(store, record),
        tracking(cell, folder, identity.run_id) as tracker,
    ):
        sitting = Sitting(tracker=tracker, interruption=interruption)
        tracker.say(f"{title(cell)} · run {identity.run_id}")
        carry_out(cell, material, folder, record, sitting)
        tracker.say(summary(record))
    print(f"record: {path}")
    return record


def carry_out(
    cell: Cell, material: Material, folder: RunFolder, record: Record, sitting: Sitting
) -> None:
    """Fit, predict, score: each unless its note is in the run's folder already."""
    threads = prepare_threads(cell)
    from bench.stages import Job

    job = Job(cell, material, folder, sitting, threads)
    stages: dict[str, Callable[[], dict[str, Any]]] = {
        "fit": job.fit,
        "predict": job.predict,
        "score": partial(score, cell, folder),
    }
    for stage in STAGES:
        note = folder.done(stage)
        if note is None:
            if stage == "score":
                sitting.tracker.say("scoring")
            note = stages[stage]()
            if not note.get("unavailable"):
                folder.finish(stage, note)
        absorb(record, note)
        sitting.look()
        if cell.stop_after == stage:
            raise StoppedError(
                f"stopped after {stage}, as asked; the same command without "
                "stop_after goes on from here"
            )
    sitting.tracker.scores(record.metrics)
