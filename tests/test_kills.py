"""A cell whose process is killed, again and again, ends in the record of one that was not.

Half of the kills come before a random write to the disk (a checkpoint, a prediction, a
stage's note, the record), half after a random time. BENCH_SOAK=1 makes it 40 kills a cell.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from bench.store.record import Record
from bench.store.store import Store
from tests import killing
from tests.cells import compose_settings

KILLS = 40 if os.environ.get("BENCH_SOAK") else 3
"""Kills that each of the two cells survives."""

SMALL = (
    "train.steps=12", "train.batch_size=2", "train.limit=16", "train.validation_limit=4",
    "train.evaluations=4", "train.select=best", "eval.limit=12", "eval.batch_size=3",
    "decode.batch_size=3", "decode.max_new_tokens=6", "threads=1", "checkpoint.steps=2",
)  # fmt: skip

CELLS = {
    "texts": ("task=e2e", "model=tiny_llama", "method=lora", "method.dropout=0.1"),
    "labels": ("task=rte", "model=tiny_roberta", "method=dylora"),
}


def settings(folder: Path, kind: str) -> dict[str, Any]:
    """A cell that writes into `folder`."""
    places = (f"paths.results={folder / 'results'}", f"paths.runs={folder / 'runs'}")
    return compose_settings(*CELLS[kind], *SMALL, *places)


def left(folder: Path) -> Record:
    """The one record, once nothing else of the run is half done."""
    records, damaged = Store(folder / "results").read()
    assert damaged == []
    (record,) = records
    half_done = ("*.tmp", "*.partial.jsonl", "checkpoints/*")
    assert [path for pattern in half_done for path in folder.rglob(pattern)] == []
    return record


def result(record: Record) -> dict[str, Any]:
    """All of a record that must not depend on how often its run was broken off."""
    kept = ("run_id", "status", "metrics", "sampling_error", "history", "params", "data", "error")
    hashes = {name: one["sha256"] for name, one in record.artifacts.items()}
    return {**{name: getattr(record, name) for name in kept}, "artifacts": hashes}


@pytest.mark.parametrize("kind", CELLS)
def test_killed_runs_end_like_unbroken_ones(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Metrics, validation, and the bytes of losses, adapter, predictions and items."""
    whole = tmp_path / "whole"
    process, began = killing.start(settings(whole, kind)), time.monotonic()
    process.join()
    lasted = time.monotonic() - began
    assert process.exitcode == 0
    expected, points = result(left(whole)), killing.writes(whole)
    chance, kills, tries = random.Random(kind), 0, 0  # noqa: S311
    while kills < KILLS:
        folder = tmp_path / f"broken-{tries}"
        tries += 1
        finished = False
        while not finished:
            by_write = chance.random() < 0.5 and kills < KILLS
            die_before = chance.randint(1, points) if by_write else None
            process = killing.start(settings(folder, kind), die_before)
            process.join(None if by_write or kills >= KILLS else chance.uniform(0, lasted))
            process.kill()
            process.join()
            kills += process.exitcode != 0
            finished = process.exitcode == 0
        assert result(left(folder)) == expected
    with capsys.disabled():
        print(f"\n{kind}: {kills} kills survived in {tries} runs ({points} writes in each)")


@pytest.mark.parametrize("kind", CELLS)
def test_a_kill_before_any_write_is_survived(kind: str, tmp_path: Path) -> None:
    """One after the other, from the first write to the last: none leaves a run that is stuck."""
    if not os.environ.get("BENCH_SOAK"):
        pytest.skip("the long form, make soak, tries each of some hundred writes")
    folder = tmp_path / "whole"
    killing.start(settings(folder, kind)).join()
    expected, points = result(left(folder)), killing.writes(folder)
    for point in range(1, points + 1):
        folder = tmp_path / f"point-{point}"
        process = killing.start(settings(folder, kind), point)
        process.join()
        assert process.exitcode == -9
        killing.start(settings(folder, kind)).join()
        assert result(left(folder)) == expected
