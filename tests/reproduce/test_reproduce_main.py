"""`python -m bench.reproduce` as a person runs it, with stages that take milliseconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.reproduce.__main__ import main

ROOT = Path(__file__).parents[2]

SMALL = ("model=tiny_llama", "train.steps=1", "train.limit=4", "train.validation_limit=2",
         "eval.limit=4", "decode.max_new_tokens=2", "threads=1")  # fmt: skip


def reproduce(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in a folder that is not the checkout."""
    (folder / "state").mkdir(exist_ok=True)
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "tests.reproduce.worker", "lorma_table_3", *SMALL, *words],
        capture_output=True, text=True, cwd=folder, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": path, "BENCH_SOAK_STATE": str(folder / "state")},
    )  # fmt: skip


def test_a_table_is_run_and_written_once(tmp_path: Path) -> None:
    """All cells, the table at the end; then nothing is left, and a new seed adds its cells."""
    first = reproduce(tmp_path, "seed=0")
    assert first.returncode == 0, first.stderr
    assert "sweep: 5 cells: 5 done" in first.stdout
    assert first.stdout.rstrip().endswith(
        (tmp_path / "results/tables/lorma_table_3.md").read_text().rstrip()
    )
    again = reproduce(tmp_path, "seed=0", "--dry-run")
    assert again.stdout.splitlines()[-2:] == ["5 cells: 5 done", "nothing left to run"]
    more = reproduce(tmp_path, "seed=0,7", "hydra/launcher=basic")
    assert more.returncode == 0, more.stderr
    assert "sweep: 10 cells: 5 done, 5 skipped" in more.stdout


def test_a_dry_run_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names every cell, and what is wrong with some; it needs no process of its own."""
    monkeypatch.chdir(tmp_path)
    assert main(["lorma_table_3", *SMALL, "--dry-run", "++method.rank=0", "seed=0,1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "LoRMA Table 3: E2E NLG Challenge, GPT-2 medium, beam 10"
    assert sum(line.startswith("  cannot run  ") for line in lines) == 10
    assert list((tmp_path).rglob("*.json")) == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["lorma_table_33"], "no such table spec; did you mean lorma_table_3?"),
        (["lorma_table_3", "preset=fast"], "preset=fast"),
        (["lorma_table_3", "model=gpt3"], "model=gpt3: no such model; did you mean gpt2?"),
        (["lorma_table_3", "train.stepz=1"], "train.stepz: no such key; did you mean train.step?"),
        (["lorma_table_3", "seed=0,,"], "mismatched input ','"),
        ([], "the following arguments are required: TABLE"),
    ],
)
@pytest.mark.parametrize("how", [["--dry-run"], []])
def test_what_is_wrong_is_one_line(
    words: list[str], how: list[str], reason: str, capsys: pytest.CaptureFixture
) -> None:
    """Before anything runs, exit code 2."""
    assert main([*words, *how]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert reason in told
