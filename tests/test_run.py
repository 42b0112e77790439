"""Whole cells on a tiny model: finished, repeated, resumed, failed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.config import Cell
from bench.errors import DivergedError, StoppedError, StoreError
from bench.metrics.scores import Scores
from bench.run import run
from bench.store.record import Record, parse
from bench.store.store import Store

FIXED = [
    "schema", "run_id", "status", "error", "cell", "config", "identity", "metrics", "select",
    "history", "params", "time", "memory", "data", "model", "provenance", "artifacts", "created",
    "finished",
]  # fmt: skip


def records(cell: Cell) -> list[Record]:
    """What the store holds."""
    return Store(cell.paths.results).read()[0]


@pytest.fixture(autouse=True)
def plain_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Score without Java, so that each run takes a second; the metrics have their own tests."""
    from bench.metrics import e2e

    def lengths(predictions: list[str], references: list[list[str]]) -> Scores:
        total = sum(len(text) for text in predictions) / len(references)
        return Scores({"BLEU": total, "METEOR": None}, {"METEOR": "no Java here"})

    monkeypatch.setattr(e2e, "score_e2e", lengths)


def test_a_cell_ends_in_a_full_record(compose_cell: Callable[..., Cell]) -> None:
    """Every fixed field is there, the artifacts exist with their hashes, nothing is a NaN."""
    cell = compose_cell()
    record = run(cell)
    (path,) = Store(cell.paths.results).paths()
    assert path == cell.paths.results / "e2e/tiny_llama/lorma_plus" / f"{record.run_id}.json"
    values = json.loads(path.read_text())
    assert [name for name in FIXED if name not in values] == []
    assert parse(path.read_text()) == record
    assert record.status == "finished"
    assert record.cell == {
        "model": "tiny_llama", "method": "lorma_plus", "task": "e2e", "seed": 0, "preset": "quick",
    }  # fmt: skip
    assert record.metrics["METEOR"] is None
    assert record.unavailable == {"METEOR": "no Java here"}
    assert record.params["adapter"] == record.params["trained"] > 0
    assert set(record.time) >= {"load", "attach", "train", "predict", "score", "total",
                                "step_ms_median"}  # fmt: skip
    assert record.memory["rss_peak"] is not None
    assert record.data["source"] == "synthetic"
    assert record.data["partial"] is True
    assert set(record.provenance) >= {"code", "git_sha", "dirty", "packages", "python", "platform",
                                      "cpu", "gpu", "driver", "threads"}  # fmt: skip
    for artifact in record.artifacts.values():
        assert (cell.paths.runs / artifact["path"]).is_file()


def test_same_cell_twice_gives_the_same_digits(
    compose_cell: Callable[..., Cell], tmp_path: Path
) -> None:
    """In separate folders, so both really run: metrics, losses and adapter are identical."""
    one = run(compose_cell("method.dropout=0.1"))
    other = run(
        compose_cell(
            "method.dropout=0.1", f"paths.results={tmp_path}/r", f"paths.runs={tmp_path}/w"
        )
    )
    assert one.run_id == other.run_id
    assert one.metrics == other.metrics
    assert one.history == other.history
    assert {k: v["sha256"] for k, v in one.artifacts.items()} == {
        k: v["sha256"] for k, v in other.artifacts.items()
    }


def test_finished_is_skipped_and_says_so(
    compose_cell: Callable[..., Cell], capsys: pytest.CaptureFixture[str]
) -> None:
    """A second call returns the record without touching it."""
    cell = compose_cell()
    first = run(cell)
    (path,) = Store(cell.paths.results).paths()
    before = path.stat().st_mtime_ns
    assert run(cell) == first
    assert "finished already, skipped" in capsys.readouterr().out
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("stage", ["fit", "predict"])
def test_stopped_run_goes_on_to_the_same_result(
    stage: str, compose_cell: Callable[..., Cell], tmp_path: Path
) -> None:
    """Stopped after a stage, the same command ends with the metrics of an unbroken run."""
    with pytest.raises(StoppedError, match=f"stopped after {stage}, as asked"):
        run(compose_cell(f"stop_after={stage}"))
    (half,) = records(compose_cell())
    assert half.status == "interrupted"
    assert half.metrics == {}
    resumed = run(compose_cell())
    whole = run(compose_cell(f"paths.results={tmp_path}/r", f"paths.runs={tmp_path}/w"))
    assert resumed.status == "finished"
    assert resumed.metrics == whole.metrics
    assert resumed.artifacts["adapter"]["sha256"] == whole.artifacts["adapter"]["sha256"]
    assert resumed.params == whole.params


def test_scoring_needs_no_model(
    compose_cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Predictions made elsewhere are scored without loading anything."""
    with pytest.raises(StoppedError):
        run(compose_cell("stop_after=predict"))
    monkeypatch.setattr("bench.stages.load", lambda *a, **k: pytest.fail("loaded a model"))
    assert run(compose_cell()).status == "finished"


def test_damaged_predictions_are_made_again(compose_cell: Callable[..., Cell]) -> None:
    """A file that does not have the noted hash does not count as done."""
    cell = compose_cell("stop_after=predict")
    with pytest.raises(StoppedError):
        run(cell)
    (path,) = cell.paths.runs.glob("*/predictions.jsonl")
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    assert run(compose_cell()).status == "finished"
    assert path.read_text() == whole


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
