"""The same command again: what is done is not made anew, and what was broken off goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.config import Cell
from bench.errors import NotReadyError, StoppedError, TimeLimitError
from bench.metrics.scores import Scores
from bench.run import run
from bench.store.files import sha256_file
from bench.store.store import Store
from bench.training.fitted import Progress
from tests.cells import records

pytestmark = pytest.mark.usefixtures("plain_scores")


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
    """Predictions made elsewhere are scored without loading anything, nor the adapter.

    Its hash stays in the record. Where the predictions are gone too, all is made again.
    """
    cell = compose_cell("stop_after=predict")
    with pytest.raises(StoppedError):
        run(cell)
    (adapter,) = cell.paths.runs.glob("*/adapter.safetensors")
    digest = sha256_file(adapter)
    adapter.unlink()
    with monkeypatch.context() as patch:
        patch.setattr("bench.stages.load", lambda *a, **k: pytest.fail("loaded a model"))
        record = run(compose_cell())
    assert record.status == "finished"
    assert record.artifacts["adapter"]["sha256"] == digest
    Store(cell.paths.results).path(record.cell, record.run_id).unlink()
    adapter.with_name("predictions.jsonl").unlink()
    adapter.with_name("score.json").unlink()
    assert run(compose_cell()).metrics == record.metrics
    assert sha256_file(adapter) == digest


@pytest.mark.parametrize(("stage", "before"), [("predict", "fit"), ("score", "predict")])
def test_a_run_begins_at_a_stage_only_where_all_before_it_is_done(
    stage: str, before: str, compose_cell: Callable[..., Cell]
) -> None:
    """Else nothing is trained, and no record or folder is left."""
    asked = compose_cell(f"begin_at={stage}")
    with pytest.raises(NotReadyError, match=f"begin_at={stage}, and fit is not done in "):
        run(asked)
    assert records(asked) == []
    assert list(asked.paths.runs.glob("[0-9a-f]*")) == []
    with pytest.raises(StoppedError):
        run(compose_cell(f"stop_after={before}"))
    assert run(asked).status == "finished"
    assert run(asked).status == "finished", "its record stands"


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
    from bench.decoding.search import Search

    real, decoded = Search.texts, list[int]()

    def counted(search: Search, prompts: Any, *rest: Any) -> Any:
        if len(decoded) == 2 and not gone_on:
            raise KeyboardInterrupt
        decoded.append(len(prompts))
        return real(search, prompts, *rest)

    gone_on = False
    monkeypatch.setattr(Search, "texts", counted)
    options = ("decode.batch_size=2", "eval.limit=80")
    with pytest.raises(KeyboardInterrupt):
        run(compose_cell(*options))
    gone_on = True
    cell = compose_cell(*options)
    record = run(cell)
    lines = (cell.paths.runs / record.artifacts["predictions"]["path"]).read_text().splitlines()
    assert len(lines) > 6
    assert sum(decoded) == len(lines)


def test_a_time_limit_is_an_interruption(compose_cell: Callable[..., Cell]) -> None:
    """It ends the run behind its first step; the same command without it goes on."""
    with pytest.raises(TimeLimitError, match="goes on from the last checkpoint"):
        run(compose_cell("time_limit=1e-6"))
    (record,) = records(compose_cell())
    assert record.status == "interrupted"
    assert run(compose_cell()).run_id == record.run_id
