"""The runner: one cell from its settings to its record."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.config import Cell
from bench.errors import NotReadyError, StoppedError
from bench.identity import identify
from bench.machine import prepare_threads
from bench.material import Material, hashes, load_rows, prepare
from bench.models.fingerprint import fingerprint
from bench.recording import absorb, cell_names, new_record
from bench.scoring import score
from bench.sitting import Sitting, sitting_at
from bench.start import with_start
from bench.store.claim import claimed
from bench.store.folder import STAGES, RunFolder
from bench.store.place import Place, place_of
from bench.store.record import Record
from bench.store.store import Store
from bench.summary import data_facts, summary, title


def run(cell: Cell, since: float | None = None) -> Record:
    """Run a cell, or return its record where it is finished already.

    With `since`, seconds by the file server's clock, any record written behind that stands.
    A ClaimedError where another living process works on the cell.
    """
    Store(cell.paths.results).check_writable()
    cell = with_start(cell)
    started = time.perf_counter()
    rows = load_rows(cell)
    revision, weights = fingerprint(cell.model)
    identity = identify(cell, hashes(rows), weights)
    place = place_of(cell.paths.results, cell.paths.runs, cell_names(cell), identity.run_id)
    if (done := place.settled(since)) is not None:
        return skipped(cell, place, done)
    if (reason := place.unready(cell.begin_at)) is not None:
        raise NotReadyError(f"{title(cell)}: {reason}")
    material = prepare(cell, rows)
    record = new_record(cell, identity)
    record.time["rows"] = time.perf_counter() - started
    record.data = data_facts(cell, rows)
    record.model = {"name": cell.model.name, "revision": revision, "sha256": weights}
    with claimed(place.folder.path) as claim:
        if (done := place.settled(since)) is not None:  # by another process, just before
            return skipped(cell, place, done)
        with sitting_at(cell, place, record, claim) as sitting:
            sitting.tracker.say(f"{title(cell)} · run {identity.run_id}")
            carry_out(cell, material, place.folder, record, sitting)
            sitting.tracker.say(summary(record))
    print(f"record: {place.record}")
    return record


def skipped(cell: Cell, place: Place, done: Record) -> Record:
    """Say that a cell has its record already."""
    print(f"{title(cell)}: {done.status} already, skipped\n{summary(done)}\nrecord: {place.record}")
    return done


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
