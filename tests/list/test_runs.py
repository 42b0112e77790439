"""Runs are listed from their records."""

from __future__ import annotations

import json

from bench.list.__main__ import main
from tests.list.conftest import CELL


def test_runs_come_from_the_records_of_the_named_folder(listed, results):
    failed, done = listed("runs", f"paths.results={results}")
    assert done == {
        "run_id": "1234567890e51234",
        **CELL,
        "data": "synthetic",
        "status": "finished",
        "stale": [],
        "why": "",
        "metrics": {"BLEU": 0.68129, "NIST": None, "CIDEr": 2.5, "extra": 1.0},
    }
    assert list(done["metrics"]) == ["BLEU", "NIST", "CIDEr", "extra"], "the task's order first"
    assert (failed["run_id"], failed["status"]) == ("00aa" * 4, "failed")
    assert failed["metrics"] == {}


def test_the_environment_names_the_folder_and_a_setting_goes_before_it(
    listed, monkeypatch, results, tmp_path
):
    monkeypatch.setenv("BENCH_RESULTS", str(results))
    assert len(listed("runs")) == 2
    assert listed("runs", f"paths.results={tmp_path / 'none'}") == []


def test_a_damaged_record_is_named_and_the_others_listed(capsys, results):
    broken = results / "e2e" / "gpt2" / "lora" / "broken.json"
    broken.write_text("{")
    assert main(["runs", f"paths.results={results}", "--json"]) == 0
    out, error = capsys.readouterr()
    assert len(json.loads(out)) == 2
    assert f"{broken}: left out, not JSON" in error


def test_without_records_the_folder_is_named(capsys, tmp_path):
    assert main(["runs", f"paths.results={tmp_path}"]) == 0
    assert capsys.readouterr() == ("none\n", f"bench: {tmp_path}: holds no records\n")
