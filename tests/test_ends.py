"""Runs that do not finish: refused before they begin, or recorded with the reason."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.config import Cell
from bench.errors import DataError, DivergedError, StoreError
from bench.run import run
from tests.cells import records

pytestmark = pytest.mark.usefixtures("plain_scores")


def test_a_bad_row_is_found_before_training(
    compose_cell: Callable[..., Cell], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A meaning representation that does not parse stops the run before a model is loaded."""
    folder = tmp_path / "data" / "e2e_nlg"
    folder.mkdir(parents=True)
    for split in ("train", "validation", "test"):
        mr = "name(A)" if split == "test" else "name[A]"
        row = {"meaning_representation": mr, "human_reference": "A."}
        (folder / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.setattr("bench.stages.load", lambda *a, **k: pytest.fail("loaded a model"))
    with pytest.raises(DataError, match=r"name\(A\)"):
        run(compose_cell("data=local", f"data.root={tmp_path / 'data'}", "data.partial=true"))


def test_rows_that_are_not_the_published_ones_stop_the_run(
    compose_cell: Callable[..., Cell], tmp_path: Path
) -> None:
    """A file in the published place that has other rows, unless that was asked for."""
    folder = tmp_path / "data" / "e2e_nlg"
    folder.mkdir(parents=True)
    for split in ("train", "validation", "test"):
        row = {"meaning_representation": "name[A]", "human_reference": "A."}
        (folder / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    local = ("data=local", f"data.root={tmp_path / 'data'}")
    with pytest.raises(DataError, match=r"train.jsonl: not the published rows"):
        run(compose_cell(*local))
    record = run(compose_cell(*local, "data.partial=true"))
    assert (record.status, record.data["partial"]) == ("finished", True)


def test_a_crash_leaves_a_failed_record(
    compose_cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record says failed with the traceback, and the next call runs again."""
    with monkeypatch.context() as broken:
        broken.setattr("bench.run.score", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(compose_cell())
    (record,) = records(compose_cell())
    assert record.status == "failed"
    assert record.error is not None
    assert record.error["type"] == "ZeroDivisionError"
    assert "Traceback" in record.error["traceback"]
    assert 'File "bench/run.py"' in record.error["traceback"]
    assert run(compose_cell()).status == "finished"


def test_divergence_is_a_status(compose_cell: Callable[..., Cell]) -> None:
    """A learning rate that blows the model up ends as diverged, with the step."""
    cell = compose_cell("method=ft", "method.optimizer.lr=1e30", "train.steps=6")
    with pytest.raises(DivergedError, match="at step"):
        run(cell)
    (record,) = records(cell)
    assert record.status == "diverged"


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt(), "interrupted"), (MemoryError(), "out_of_memory")],
)
def test_other_ends(
    error: BaseException, status: str, compose_cell: Callable[..., Cell],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Ctrl-C and a full memory are told apart from failures."""

    def end(*_: object) -> None:
        raise error

    monkeypatch.setattr("bench.run.score", end)
    with pytest.raises(type(error)):
        run(compose_cell())
    assert records(compose_cell())[0].status == status


def test_unwritable_runs_stop_before_the_run(
    compose_cell: Callable[..., Cell], tmp_path: Path
) -> None:
    """A runs path that cannot hold files is told in one line: no claim could be made there."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    cell = compose_cell(f"paths.runs={blocked}")
    with pytest.raises(StoreError, match=r"cannot be written .* paths.runs=DIR"):
        run(cell)
    assert records(cell) == []


def test_unwritable_results_stop_before_the_run(
    compose_cell: Callable[..., Cell], tmp_path: Path
) -> None:
    """A results path that cannot hold files is refused at once, naming what to set."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError, match=r"cannot be written .* paths.results=DIR"):
        run(compose_cell(f"paths.results={blocked}"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_results_stop_before_the_run(
    compose_cell: Callable[..., Cell], tmp_path: Path
) -> None:
    """A read-only folder is refused at once."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="cannot be written"):
        run(compose_cell(f"paths.results={folder}"))


def test_a_diverged_run_tells_the_last_good_values(compose_cell: Callable[..., Cell]) -> None:
    """The step, and the step before it, stand in its record."""
    with pytest.raises(DivergedError):
        run(compose_cell("method=ft", "method.optimizer.lr=1e30", "train.steps=9"))
    (record,) = records(compose_cell())
    assert record.status == "diverged"
    assert record.error is not None
    step = record.error["step"]
    assert record.error["last_good"]["train"]["step"] == step - 1
