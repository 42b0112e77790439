"""Whole cells on a tiny model: finished, repeated, resumed, failed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.config import Cell
from bench.errors import DataError, DivergedError, StoppedError, StoreError, TimeLimitError
from bench.material import load_rows
from bench.metrics.scores import Scores
from bench.run import run
from bench.store.record import Record, parse
from bench.store.store import Store
from bench.training.fitted import Progress

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
        return Scores({"BLEU": total, "METEOR": total / 2})

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
    assert set(record.metrics) == {"BLEU", "METEOR"}
    assert record.unavailable == {}
    assert record.params["adapter"] == record.params["trained"] > 0
    assert set(record.time) >= {"load", "attach", "train", "predict", "score", "total",
                                "step_ms_median"}  # fmt: skip
    assert record.memory["rss_peak"] is not None
    assert record.data["source"] == "synthetic"
    assert record.data["partial"] is True
    assert set(record.provenance) >= {"code", "git_sha", "dirty", "packages", "python", "platform",
                                      "cpu", "gpu", "driver", "threads"}  # fmt: skip
    assert str(cell.paths.runs.parent) not in path.read_text()
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


def test_missing_metrics_are_tried_again(
    compose_cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Null with the reason where Java is unusable; the same command later fills them in."""
    from bench.metrics import e2e

    working = e2e.score_e2e
    lacking = Scores({"BLEU": 1.0, "METEOR": None}, {"METEOR": "no Java here"})
    monkeypatch.setattr(e2e, "score_e2e", lambda *_: lacking)
    first = run(compose_cell())
    assert (first.status, first.metrics["METEOR"]) == ("finished", None)
    assert first.unavailable == {"METEOR": "no Java here"}
    monkeypatch.setattr(e2e, "score_e2e", working)
    monkeypatch.setattr("bench.stages.load", lambda *a, **k: pytest.fail("loaded a model"))
    second = run(compose_cell())
    assert second.metrics["METEOR"] is not None
    assert records(compose_cell()) == [second]


def test_a_repeated_fit_repeats_what_rests_on_it(compose_cell: Callable[..., Cell]) -> None:
    """A damaged adapter is made again, and the predictions with it."""
    with pytest.raises(StoppedError):
        run(compose_cell("stop_after=predict"))
    (folder,) = compose_cell().paths.runs.iterdir()
    (folder / "adapter.safetensors").write_bytes(b"damaged")
    (folder / "predictions.jsonl").write_text("of another adapter")
    assert run(compose_cell()).status == "finished"
    assert "of another adapter" not in (folder / "predictions.jsonl").read_text()


@pytest.mark.parametrize("text", ["", "[]", '{"sha256": 1}', '{"note": {"odd": 1}, "sha256": 2}'])
def test_a_damaged_note_repeats_its_stage(text: str, compose_cell: Callable[..., Cell]) -> None:
    """Whatever stands in a note's place, the run goes on to its end."""
    with pytest.raises(StoppedError):
        run(compose_cell("stop_after=fit"))
    (note,) = compose_cell().paths.runs.glob("*/fit.json")
    note.write_text(text)
    assert run(compose_cell()).status == "finished"


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


def test_validation_may_be_what_is_scored(compose_cell: Callable[..., Cell]) -> None:
    """eval.split=validation has its own limit; the loss keeps train.validation_limit."""
    cell = compose_cell("eval.split=validation", "eval.limit=9", "train.validation_limit=3")
    rows = load_rows(cell)
    (validation,), (evaluation,) = rows["validation"], rows["evaluation"]
    assert (len(validation.rows), len(evaluation.rows)) == (3, 9)
    assert run(cell).data["splits"]["validation"]["rows"] == 9


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


def test_sigterm_makes_a_checkpoint_and_the_run_goes_on_from_it(
    compose_cell: Callable[..., Cell],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The record says interrupted until then; the result is that of a run in one piece."""
    options = ("train.steps=6", "method.dropout=0.1")
    whole = run(compose_cell(*options, f"paths.results={tmp_path}/r", f"paths.runs={tmp_path}/w"))
    from bench.tracking import Tracker

    told = Tracker.training

    def training(self: Tracker, progress: Progress) -> None:
        told(self, progress)
        if progress.step == 4 and progress.loss is not None:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Tracker, "training", training)
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
        run(compose_cell(*options))
    (record,) = records(compose_cell())
    assert record.status == "interrupted"
    monkeypatch.setattr(Tracker, "training", told)
    resumed = run(compose_cell(*options))
    assert "going on from the checkpoint behind step 4" in capsys.readouterr().out
    assert (resumed.metrics, resumed.history) == (whole.metrics, whole.history)
    hashes = [{k: v["sha256"] for k, v in one.artifacts.items()} for one in (resumed, whole)]
    assert hashes[0] == hashes[1]


def test_predictions_are_not_made_twice(
    compose_cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off behind the second of four batches, the other two are decoded, and no more."""
    from bench.decoding import generate

    real, decoded = generate._continue, list[int]()

    def counted(model: Any, tokenizer: Any, prompts: Any, *rest: Any) -> Any:
        if len(decoded) == 2 and not gone_on:
            raise KeyboardInterrupt
        decoded.append(len(prompts))
        return real(model, tokenizer, prompts, *rest)

    gone_on = False
    monkeypatch.setattr(generate, "_continue", counted)
    options = ("decode.batch_size=2", "eval.limit=80")
    with pytest.raises(KeyboardInterrupt):
        run(compose_cell(*options))
    gone_on = True
    cell = compose_cell(*options)
    record = run(cell)
    lines = (cell.paths.runs / record.artifacts["predictions"]["path"]).read_text().splitlines()
    assert len(lines) > 6
    assert sum(decoded) == len(lines)


def test_a_diverged_run_tells_the_last_good_values(compose_cell: Callable[..., Cell]) -> None:
    """The step, and the step before it, stand in its record."""
    with pytest.raises(DivergedError):
        run(compose_cell("method=ft", "method.optimizer.lr=1e30", "train.steps=9"))
    (record,) = records(compose_cell())
    assert record.status == "diverged"
    assert record.error is not None
    step = record.error["step"]
    assert record.error["last_good"]["train"]["step"] == step - 1


def test_a_time_limit_is_an_interruption(compose_cell: Callable[..., Cell]) -> None:
    """It ends the run behind its first step; the same command without it goes on."""
    with pytest.raises(TimeLimitError, match="goes on from the last checkpoint"):
        run(compose_cell("time_limit=1e-6"))
    (record,) = records(compose_cell())
    assert record.status == "interrupted"
    assert run(compose_cell()).run_id == record.run_id
