"""The command line: quick answers, one-line errors, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def bench(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`python -m bench …` in a folder that is not the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        capture_output=True, text=True, cwd=cwd, check=False, timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["method=lorma_plsu"], "method=lorma_plsu: no such method; did you mean lorma_plus? "),
        (["task=e2ee"], "task=e2ee: no such task; did you mean e2e? "),
        (["model=smolm2"], "model=smolm2: no such model; did you mean "),
        (["preset=papr"], "preset=papr: no such preset; did you mean paper? "),
        (["method.rnk=3"], "method.rnk: no such key; did you mean method.rank? "),
        (["method.rank=many"], "method.rank=many: must be a valid integer"),
        (["method.rank=["], "no viable alternative at input '['"),
        (["data=local"], "data: data=local needs data.root=DIR or BENCH_DATA"),
        (["data=local", "data.root=/nowhere"], "data.root=/nowhere: "),
    ],
)
def test_errors_are_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    """Nothing but the reason on the screen, exit code 2, no file left behind."""
    done = bench(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"bench: {message}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_cfg_prints_the_configuration(tmp_path: Path) -> None:
    """--cfg job answers from any folder."""
    done = bench("--cfg", "job", "method.rank=9", cwd=tmp_path)
    assert done.returncode == 0
    assert "rank: 9" in done.stdout


def test_sweep_runs_all_cells_though_one_fails(tmp_path: Path) -> None:
    """-m with a list: the cell that cannot run does not stop the others; the exit code tells."""
    done = bench(
        "-m", "model=tiny_llama", "method=lora,lorma_plus", "method.rank=0,1", "train.steps=1",
        "train.limit=4", "train.validation_limit=2", "eval.limit=4", "decode.max_new_tokens=2",
        "stop_after=fit", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode != 0
    kept = sorted(path.parent.name for path in (tmp_path / "results").glob("e2e/*/*/*.json"))
    assert kept == ["lora", "lorma_plus"]
