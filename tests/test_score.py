from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bench.score import main

if TYPE_CHECKING:
    from pathlib import Path

GOOD = '{"prediction": "The cat sat on the mat.", "references": ["The cat sat on the mat."]}'


@pytest.fixture(autouse=True)
def without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands here are about files, not about METEOR, which takes seconds to load."""
    monkeypatch.setenv("BENCH_JAVA", "/nonexistent/java")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two good lines, a mark of UTF-8 before them and a blank line after."""
    path = tmp_path / "predictions.jsonl"
    path.write_text(f"\ufeff{GOOD}\r\n{GOOD}\n\n", encoding="utf-8")
    return path


def test_json_has_names_values_and_reasons(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object, in the words of records; perfect predictions have BLEU 1."""
    assert main(["e2e", str(file), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["task"] == "e2e"
    assert printed["rows"] == 2
    assert printed["metrics"]["BLEU"] == 1.0
    assert printed["metrics"]["METEOR"] is None
    assert set(printed["unavailable"]) == {"METEOR", "ROUGE_L", "CIDEr"}


def test_the_table_is_readable(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line a metric, and each reason once."""
    assert main(["e2e", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "e2e, 2 rows (± standard error over test items)"
    assert "BLEU           1.0000 ± 0.0000" in lines
    assert "CIDEr               -" in lines
    (reason,) = (line for line in lines if "BENCH_JAVA" in line)
    assert reason.startswith("METEOR, ROUGE_L, CIDEr: BENCH_JAVA=/nonexistent/java: no such")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[]", "not a JSON object"),
        (b'{"references": ["a"]}', "has no 'prediction'"),
        (b'{"prediction": "a"}', "has no 'references'"),
        (b'{"prediction": 3, "references": ["a"]}', "prediction=3: must be text"),
        (b'{"prediction": "a", "references": "a"}', "references=a: must be a list"),
        (b'{"prediction": "a", "references": []}', "references=[]: must be a list with"),
        (b'{"prediction": "a", "references": [null]}', "references.0=null: must be text"),
    ],
)
def test_a_bad_line_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: bytes, message: str
) -> None:
    """Exit code 2 and one line with file and line number; nothing is scored."""
    path = tmp_path / "bad.jsonl"
    path.write_bytes(GOOD.encode() + b"\n" + line + b"\n")
    assert main(["e2e", str(path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"bench.score: {path}:2: {message}")
    assert ("a line looks like" in printed.err) == (message != "not UTF-8")
    assert printed.err.count("\n") == 1


def test_an_unknown_task_names_the_nearest(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and a hint."""
    assert main(["e2", str(file)]) == 2
    assert "task=e2: no such task; did you mean e2e?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("task", "line", "message"),
    [
        ("rte", '{"prediction": 2, "label": 0}', "item 1: prediction=2: no label of task=rte"),
        ("rte", '{"prediction": true, "label": 0}', ":1: prediction=True: must be"),
        ("stsb", '{"prediction": NaN, "label": 0}', "prediction 1 is nan; give a finite number"),
        ("metamath", '{"prediction": "", "answer": "1"}', "must have one of gsm8k, math"),
        ("gsm8k", '{"prediction": ""}', ":1: has no 'answer'; a line looks like"),
    ],
)
def test_every_kind_of_task_says_what_is_wrong_with_a_line(
    task: str, line: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Labels and answers too: exit code 2 and one line."""
    path = tmp_path / "bad.jsonl"
    path.write_text(line)
    assert main([task, str(path)]) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert len(printed.splitlines()) == 1


def test_labels_go_by_index_or_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One right of two, whichever way they are written."""
    path = tmp_path / "labels.jsonl"
    lines = ({"prediction": "entailment", "label": 0}, {"prediction": 0, "label": "not_entailment"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main(["rte", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"] == {"accuracy": 0.5}


def test_a_file_that_cannot_be_scored_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Absent, a folder, or without lines."""
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"\n\n")
    for path, why in (
        (tmp_path / "absent", "No such file"),
        (tmp_path, "directory"),
        (empty, "no lines"),
    ):
        assert main(["e2e", str(path)]) == 2
        printed = capsys.readouterr().err
        assert str(path) in printed
        assert why in printed


def test_help_imports_nothing_heavy() -> None:
    """Neither the tasks nor any metric."""
    code = (
        "import sys\nfrom bench.score import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('torch', 'transformers', 'datasets', 'evaluate', 'numpy', 'scipy')\n"
        "print('loaded', [name for name in heavy if name in sys.modules])\n"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert b"TASK" in printed.stdout
    assert printed.stdout.rstrip().endswith(b"loaded []")


def test_the_module_runs_as_a_command(file: Path) -> None:
    """`python -m bench.score` prints JSON alone and ends with the exit code."""
    command = [sys.executable, "-m", "bench.score"]
    good = subprocess.run([*command, "e2e", str(file), "--json"], capture_output=True, check=True)
    assert json.loads(good.stdout)["rows"] == 2
    bad = subprocess.run([*command, "nothing", str(file)], capture_output=True, check=False)
    assert bad.returncode == 2
    assert b"Traceback" not in bad.stderr
