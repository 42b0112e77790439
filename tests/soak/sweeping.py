"""One sweep, given to several processes at once, each started again until the sweep is done."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.soak.faults import DEADLY, fault_of

ROOT = Path(__file__).parents[2]

LONGEST = 1800.0
"""Seconds after which a sweep that does not end is a failure."""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A sweep in a folder of its own."""

    folder: Path
    ranks: int
    seeds: int
    faults: bool = True

    @property
    def cells(self) -> int:
        """Number of cells."""
        return 2 * self.ranks * self.seeds

    def command(self) -> list[str]:
        """The command line that all processes are given."""
        ranks = ",".join(str(rank + 1) for rank in range(self.ranks))
        return [
            sys.executable, "-m", "tests.soak.worker", "-m", "model=tiny_llama",
            "method=lora,lorma_plus", f"method.rank={ranks}", f"seed=range(0,{self.seeds})",
            f"paths.results={self.folder / 'results'}", f"paths.runs={self.folder / 'runs'}",
            "hang_minutes=0.05", "threads=1",
        ]  # fmt: skip

    def environment(self) -> dict[str, str]:
        """Where the stages log, and whether they meet faults."""
        state = self.folder / "state"
        state.mkdir(parents=True, exist_ok=True)
        given = {"BENCH_SOAK_STATE": str(state)}
        if self.faults:
            given["BENCH_SOAK_FAULTS"] = "1"
        return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **given}


def logged(folder: Path) -> list[tuple[str, str, float]]:
    """Stage, run_id and seconds of all work that was done by sweeps in `folder`."""
    lines = (folder / "state" / "log").read_text(encoding="utf-8").splitlines()
    return [(stage, run_id, float(took)) for stage, run_id, took in map(str.split, lines)]


def once(sweep: Sweep, name: str = "0") -> int:
    """Run the sweep in one process; its exit code."""
    with (sweep.folder / f"out-{name}").open("ab") as out:
        done = subprocess.run(
            sweep.command(), env=sweep.environment(), cwd=sweep.folder, check=False,
            stdout=out, stderr=out, timeout=LONGEST,
        )  # fmt: skip
    return done.returncode


def supervise(sweep: Sweep, name: str) -> list[int]:
    """Start the sweep again until it says that all is done; the exit codes."""
    codes: list[int] = []
    deadline = time.monotonic() + LONGEST
    while not codes or codes[-1] != 0:
        assert time.monotonic() < deadline, f"still not done after exit codes {codes}"
        codes.append(once(sweep, name))
    return codes


def share(sweep: Sweep, processes: int) -> list[int]:
    """Let several processes share the sweep to its end; all their exit codes."""
    with ThreadPoolExecutor(processes) as pool:
        names = [str(number) for number in range(processes)]
        return [code for codes in pool.map(lambda name: supervise(sweep, name), names)
                for code in codes]  # fmt: skip


def wanted_work(run_ids: list[str]) -> Counter[tuple[str, str]]:
    """How often each stage of each run has to be done: once, but for what a fault destroyed."""
    wanted = Counter((stage, run_id) for run_id in run_ids for stage in ("fit", "predict", "score"))
    for run_id in run_ids:
        lost = {"torn note": "fit", "torn predictions": "predict"}.get(fault_of(run_id) or "")
        if lost:
            wanted[lost, run_id] += 1
    return wanted


def deaths(run_ids: list[str]) -> int:
    """How many processes the faults of these runs end."""
    return sum(fault_of(run_id) in DEADLY for run_id in run_ids)
