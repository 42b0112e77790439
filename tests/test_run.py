"""Whole cells on a tiny model: their record, and the same digits again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.config import Cell
from bench.material import load_rows
from bench.run import run
from bench.store.record import parse
from bench.store.store import Store
from bench.training.curve import curve_of

pytestmark = pytest.mark.usefixtures("plain_scores")

FIXED = [
    "schema", "run_id", "status", "error", "cell", "config", "identity", "metrics", "select",
    "history", "curve", "sample", "params", "macs", "time", "memory", "data", "model", "provenance",
    "artifacts", "created", "finished",
]  # fmt: skip


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
    assert record.macs["merged"] < record.macs["unmerged"]
    assert record.params["adapter"] == record.params["trained"] > 0
    assert set(record.time) >= {"load", "attach", "train", "predict", "score", "total",
                                "step_ms_median"}  # fmt: skip
    assert record.memory["rss_peak"] is not None
    assert record.data["source"] == "synthetic"
    assert record.data["partial"] is True
    assert set(record.provenance) >= {"code", "git_sha", "dirty", "packages", "python", "platform",
                                      "cpu", "gpu", "driver", "threads"}  # fmt: skip
    lines = (cell.paths.runs / record.artifacts["trace"]["path"]).read_text().splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    assert record.curve == curve_of(losses)
    assert record.curve["steps"] == cell.train.steps
    assert [set(row) for row in record.sample] == [{"prediction"}] * 2
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


def test_validation_may_be_what_is_scored(compose_cell: Callable[..., Cell]) -> None:
    """eval.split=validation has its own limit; the loss keeps train.validation_limit."""
    cell = compose_cell("eval.split=validation", "eval.limit=9", "train.validation_limit=3")
    rows = load_rows(cell)
    (validation,), (evaluation,) = rows["validation"], rows["evaluation"]
    assert (len(validation.rows), len(evaluation.rows)) == (3, 9)
    assert run(cell).data["splits"]["validation"]["rows"] == 9
