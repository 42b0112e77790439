"""The command line: quick answers, one-line errors, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.store.claim import claimed
from bench.sweep.compose import new_composer
from bench.sweep.plan import plan

ROOT = Path(__file__).parents[1]


def bench(*arguments: str, cwd: Path, module: str = "bench") -> subprocess.CompletedProcess[str]:
    """`python -m bench …` in a folder that is not the checkout."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    given = {"OMP_NUM_THREADS": "1", "PYTHONPATH": path, "BENCH_SOAK_STATE": str(cwd)}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True, text=True, cwd=cwd, check=False, timeout=120,
        env={**os.environ, **given},
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


def test_help_names_the_commands(tmp_path: Path) -> None:
    """--help shows how to call it and every key, and nothing of Hydra's own page."""
    done = bench("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("python -m bench [KEY=VALUE ...]")
    assert "label_smoothing: 0.0" in done.stdout
    assert "powered by Hydra" not in done.stdout


def test_sigterm_leaves_a_record(tmp_path: Path) -> None:
    """As a scheduler ends a job: one line, exit code 143, status interrupted."""
    command = [
        sys.executable, "-m", "bench", "model=tiny_llama", "train.steps=100000", "train.limit=4",
        "train.validation_limit=2", "eval.limit=4", "decode.max_new_tokens=2", "threads=1",
    ]  # fmt: skip
    child = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and " step 50/" not in log_of(tmp_path):
        time.sleep(0.1)
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 143
    assert said.splitlines()[-1].startswith("bench: interrupted; the same command goes on")
    (path,) = (tmp_path / "results").glob("*/*/*/*.json")
    assert json.loads(path.read_text(encoding="utf-8"))["status"] == "interrupted"


def log_of(folder: Path) -> str:
    """The log of the only run below a folder, once it is there."""
    return "".join(path.read_text(encoding="utf-8") for path in folder.glob("runs/*/log.txt"))


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


def test_a_stop_that_was_asked_for_is_no_failure(tmp_path: Path) -> None:
    """stop_after ends with exit code 0, so that a script goes on to copy the run's folder.

    With stages that take milliseconds; the sweep above stops real ones.
    """
    done = bench(
        "model=tiny_llama", "method=lora", "train.steps=1", "train.limit=4",
        "train.validation_limit=2", "eval.limit=4", "stop_after=fit", cwd=tmp_path,
        module="tests.soak.worker",
    )  # fmt: skip
    assert done.returncode == 0
    assert "stopped after fit, as asked" in done.stdout


def test_a_run_that_is_made_elsewhere_is_left_alone(tmp_path: Path) -> None:
    """One line that names the process, and exit code 3; nothing is written."""
    arguments = ("model=tiny_llama", "method=lora", "threads=1")
    (planned,) = plan([arguments], new_composer().settings)
    with claimed(tmp_path / "runs" / str(planned.run_id)):
        done = bench(*arguments, cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith(f"bench: {planned.run_id}: process {os.getpid()} on ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.glob("results/*/*/*/*.json")) == []
