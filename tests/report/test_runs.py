"""Records are read whole, and files that are none are named with the reason."""

from __future__ import annotations

import json

import pytest

from bench.report.runs import read_runs
from tests.report.report_records import make_record, write

FOLDER = "e2e/gpt2_medium/lora"


def test_a_record_is_read_with_its_path(results):
    record = make_record(seed=2)
    write(results, record)
    (run,), damaged = read_runs(results)
    assert damaged == []
    assert (run.run_id, run.seed, run.metrics["BLEU"]) == (record.run_id, 2, 0.69)
    assert run.link == f"{FOLDER}/{record.run_id}.json"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not JSON"),
        ('{"schema": "bench-record/1"', "not JSON"),
        ('{"some": "other program"}', "not a record"),
        ("[1, 2]", "not a record"),
        ('{"schema": "bench-record/1"}', "incomplete record"),
        ("[" * 100_000, ""),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_damaged_and_foreign_files_are_named(results, content, reason):
    write(results, make_record())
    path = results / FOLDER / "other.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    runs, (damaged,) = read_runs(results)
    assert len(runs) == 1
    assert damaged.path == path
    assert reason in damaged.reason
    assert damaged.reason
    assert "\n" not in damaged.reason


@pytest.mark.parametrize(
    ("section", "key", "value", "reason"),
    [
        ("metrics", "BLEU", "high", "metrics.BLEU=high"),
        ("metrics", "BLEU", float("nan"), "NaN is no number of JSON"),
        ("metrics", "BLEU", 10**400, "metrics.BLEU"),
        ("metrics", "BLEU", True, "metrics.BLEU=True"),
        ("cell", "seed", "0", "seed=0: must be a valid integer"),
        ("cell", "method", None, "method=null"),
        ("cell", "model", "../../secret", "model=../../secret"),
        ("identity", "group", None, "group=null"),
        ("identity", "inputs", "none", "identity.inputs"),
        ("data", "source", "dream", "allowed: hub, local, synthetic"),
        ("data", "splits", [1], "splits"),
    ],
)
def test_a_record_with_a_wrong_field_is_left_out(results, section, key, value, reason):
    record = make_record()
    values = json.loads(record.to_json())
    values[section][key] = value
    path = results / FOLDER / f"{record.run_id}.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(values), encoding="utf-8")
    runs, (damaged,) = read_runs(results)
    assert runs == []
    assert reason in damaged.reason


def test_a_copy_is_not_counted_twice(results):
    """A second file of the same run would otherwise stand for a second run."""
    record = make_record()
    write(results, record)
    (results / FOLDER / "copy.json").write_text(record.to_json(), encoding="utf-8")
    runs, (damaged,) = read_runs(results)
    assert len(runs) == 1
    assert f"holds the record of {FOLDER}/{record.run_id}.json" in damaged.reason


def test_tables_and_figures_are_no_records(results):
    path = results / "tables" / "a" / "b" / "c.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}", encoding="utf-8")
    assert read_runs(results) == ([], [])


def test_validation_rows_matter_only_where_they_choose(results):
    """A shortened validation split leaves the scores of the last step as they are."""
    last, best = make_record(seed=0), make_record(seed=1)
    best.select = "best"
    for record in (last, best):
        record.data["splits"]["validation"]["partial"] = True
    write(results, last, best)
    runs, _ = read_runs(results)
    assert {run.select: run.partial for run in runs} == {"last": False, "best": True}


def test_a_run_that_ended_early_is_partial_where_it_was_limited(results):
    record = make_record(status="failed", error="ValueError", settings={"eval": {"limit": 5}})
    record.data = {}
    write(results, record)
    (run,), _ = read_runs(results)
    assert (run.partial, run.source) == (True, "hub")


def test_the_curve_of_the_loss_is_read_as_numbers(results):
    """Where a record has one; text that is no numbers leaves the record out."""
    good, odd = make_record(seed=0), make_record(seed=1)
    good.curve = {"steps": 3, "area": 4.5, "loss": "4 2 1"}
    odd.curve = {"steps": 3, "area": 4.5, "loss": "4 nan 1"}
    write(results, good, odd, make_record(seed=2))
    runs, (damaged,) = read_runs(results)
    assert {run.seed: run.curve and run.curve.loss for run in runs} == {0: (4, 2, 1), 2: None}
    assert "curve.loss" in damaged.reason


def test_what_older_components_made_is_stale(results):
    """With the component that has another version today."""
    write(results, make_record(seed=0), make_record(seed=1, versions={"trainer": 0}))
    runs, _ = read_runs(results)
    assert {run.seed: run.stale for run in runs} == {0: (), 1: ("trainer: version 0, today 1",)}
