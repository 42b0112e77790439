"""`python -m bench -m …` as a person calls it, with stages that take milliseconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.store.claim import claimed
from bench.store.store import Store
from tests.soak.faults import DEADLY, fault_of
from tests.soak.sweeping import deaths, logged, wanted_work

ROOT = Path(__file__).parents[2]

SMALL = ("model=tiny_llama", "train.steps=1", "train.limit=4", "train.validation_limit=2",
         "eval.limit=4", "decode.max_new_tokens=2", "threads=1")  # fmt: skip


def bench(folder: Path, *arguments: str, faults: bool = False) -> subprocess.CompletedProcess[str]:
    """A sweep in a folder that is not the checkout; modules in it are found."""
    (folder / "state").mkdir(exist_ok=True)
    path = [str(folder), str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    given = {"PYTHONPATH": os.pathsep.join(path), "BENCH_SOAK_STATE": str(folder / "state")}
    return subprocess.run(
        [sys.executable, "-m", "tests.soak.worker", "-m", *SMALL, *arguments],
        capture_output=True, text=True, cwd=folder, check=False, timeout=120,
        env={**os.environ, **given, **({"BENCH_SOAK_FAULTS": "1"} if faults else {})},
    )  # fmt: skip


def summary(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines from the last count on."""
    lines = done.stdout.splitlines()
    start = max(number for number, line in enumerate(lines) if line.startswith("sweep: "))
    return lines[start:]


def test_a_sweep_runs_once_and_then_goes_on(tmp_path: Path) -> None:
    """All cells the first time, none the second, what is new the third; no file is littered."""
    cells = ("method=lora,lorma_plus", "method.rank=1,2")
    first = bench(tmp_path, *cells)
    assert (first.returncode, summary(first)) == (0, ["sweep: 4 cells: 4 done"])
    second = bench(tmp_path, *cells)
    assert (second.returncode, summary(second)) == (0, ["sweep: 4 cells: 4 skipped"])
    assert "record:" not in second.stdout
    third = bench(tmp_path, *cells, "seed=0,1")
    assert (third.returncode, summary(third)) == (0, ["sweep: 8 cells: 4 done, 4 skipped"])
    assert [path for path in (tmp_path / "runs" / "sweeps").rglob("*") if path.is_file()] == []
    assert list(tmp_path.rglob("claim.json")) == []


def test_wrong_settings_are_one_cells_own(tmp_path: Path) -> None:
    """The other cells run; exit code 2, with the reason in one line."""
    done = bench(tmp_path, "method=lora", "method.rank=0,1")
    assert done.returncode == 2
    assert summary(done) == [
        "sweep: 2 cells: 1 done, 1 wrong settings",
        "  wrong settings    [method.rank=0]: method.rank=0: must be greater than or equal to 1",
    ]


def test_cells_that_cannot_begin_yet_are_passed_over(tmp_path: Path) -> None:
    """Those that another machine predicted are scored; exit code 3 says that others are to come."""
    first = bench(tmp_path, "method=lora", "stop_after=predict")
    assert (first.returncode, summary(first)) == (0, ["sweep: 1 cells: 1 stopped"])
    both = ("method=lora", "seed=0,1", "begin_at=score")
    done = bench(tmp_path, *both)
    assert done.returncode == 3
    told, waiting = summary(done)
    assert told == "sweep: 2 cells: 1 done, 1 waiting"
    assert "begin_at=score, and fit is not done in " in waiting
    assert len(list(tmp_path.glob("results/*/*/*/*.json"))) == 1
    assert summary(bench(tmp_path, *both))[0] == "sweep: 2 cells: 1 skipped, 1 waiting"


def test_what_runs_elsewhere_is_left_alone(tmp_path: Path) -> None:
    """Exit code 3 says that the same command, later, finds the rest done."""
    done = bench(tmp_path, "method=lora", "seed=0,1")
    assert done.returncode == 0
    path = min((tmp_path / "results").glob("*/*/*/*.json"))
    path.unlink()
    with claimed(tmp_path / "runs" / path.stem):
        done = bench(tmp_path, "method=lora", "seed=0,1")
        assert done.returncode == 3
        counts, line = summary(done)
        assert counts == "sweep: 2 cells: 1 skipped, 1 running elsewhere"
        assert f"process {os.getpid()} on " in line
        assert not path.exists()
    assert bench(tmp_path, "method=lora", "seed=0,1").returncode == 0


def test_one_failure_stops_no_other_cell(tmp_path: Path) -> None:
    """Exit code 1, the reason, and where its record is; a broken record is put aside."""
    bench(tmp_path, "method=lora", "seed=0")
    (path,) = (tmp_path / "results").glob("*/*/*/*.json")
    path.write_text("{")
    folder = tmp_path / "runs" / path.stem
    (folder / "score.json").unlink()
    (folder / "scores.json").unlink()
    (folder / "scores.json").mkdir()  # so that nothing can be written there
    done = bench(tmp_path, "method=lora", "seed=0,1,2")
    assert done.returncode == 1
    counts, line = summary(done)
    assert counts == "sweep: 3 cells: 2 done, 1 failed"
    assert line.endswith(f" · {path.relative_to(tmp_path)}")
    assert json.loads(path.read_text())["status"] == "failed"
    assert path.with_name(f"{path.name}.damaged").read_text() == "{"
    assert f"kept as {path.name}.damaged" in done.stdout


def test_joblib_goes_on_when_its_workers_are_killed(tmp_path: Path) -> None:
    """A killed worker takes the others with it: one sweep still brings every cell to an end.

    One run in ten meets a fault. Only those that left a record of it need the command again.
    """
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    # Every process that joblib starts takes the quick stages by itself.
    (tmp_path / "sitecustomize.py").write_text("from tests.soak.worker import install\ninstall()\n")
    cells = ("method=lora,lorma_plus", "seed=range(0,10)", "hang_minutes=0.05",
             "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")  # fmt: skip
    done = bench(tmp_path, *cells, faults=True)
    records, damaged = Store(tmp_path / "results").read()
    assert damaged == []
    assert len(records) == 20
    kinds = {one.run_id: fault_of(one.run_id) for one in records}
    recorded = {"exception", "memory", "hang"}
    failed = {one.run_id for one in records if one.status != "finished"}
    assert failed <= {run_id for run_id, kind in kinds.items() if kind in recorded}
    assert done.returncode == (1 if failed else 0)
    assert ("the launcher broke" in done.stderr) == bool(DEADLY & set(kinds.values()))
    again = bench(tmp_path, *cells, faults=True)
    assert again.returncode == 0
    made = Counter((stage, run_id) for stage, run_id, _ in logged(tmp_path))
    wanted = wanted_work(list(kinds))
    assert wanted - made == {}
    # A worker that dies with another may have done a stage and not yet noted it.
    assert (made - wanted).total() <= deaths(list(kinds))
