"""Sweeps through a real Slurm on this machine: `python -m tests.slurm.smoke`.

    two cells       both finish, each in a job of Slurm's own
    once more       nothing is left to do, and no job is submitted
    scancel         SIGTERM leaves a record that says interrupted, and a checkpoint
    the same again  it goes on, and ends as a run does that nobody disturbed

Exit codes: 0 all held, 1 something did not, 77 Slurm cannot be tried on this machine.
"""

from __future__ import annotations

import signal
import sys

from tests.slurm import needs
from tests.slurm.cluster import Cluster, cluster, wait_for
from tests.slurm.sweeps import Sweep

NOT_TRIED = 77
"""As automake's test drivers say skipped."""

STARTING = 180.0
"""Seconds from a sweep's start to its first checkpoint."""
ENDING = 300.0
"""Seconds from scancel to the end of the sweep."""

CHECKED = (
    "a sweep of two cells, the same again, scancel, and going on behind it, through Slurm"
)  # fmt: skip


class Failed(Exception):  # noqa: N818  (a check that did not hold)
    """What was seen instead."""


def check(held: bool, promise: str, seen: object) -> None:
    """Print a promise that held, or raise with what was seen instead."""
    if not held:
        raise Failed(f"{promise}: {seen}")
    print(f"  ok  {promise}", flush=True)


def two_cells(here: Cluster) -> None:
    """Two cells in jobs of their own; the same sweep again submits none."""
    before = set(here.states())
    sweep = Sweep(
        here, "pair", "hydra/launcher=submitit_slurm", "method=lora,lorma_plus", "train.steps=4"
    )
    said = sweep.run()
    check(said.code == 0, "a sweep of two cells ends well", said)
    records = sweep.records()
    statuses = sorted(f"{one['cell']['method']} {one['status']}" for one in records)
    check(statuses == ["lora finished", "lorma_plus finished"], "both finished", statuses)
    jobs = set(here.states()) - before
    told = {job: state for job, state in here.states().items() if job in jobs}
    check(sorted(told.values()) == ["COMPLETED"] * 2, "Slurm completed one job a cell", told)
    logs = sweep.logs()
    inside = [record["run_id"] for record in records if any(
        record["run_id"] in log and "JobEnvironment(job_id=" in log for log in logs
    )]  # fmt: skip
    check(len(inside) == 2, "each cell ran inside one of them", logs)
    again = sweep.run()
    check(again.code == 0, "the same sweep again ends well", again)
    check(set(here.states()) - before == jobs, "it submits no job", here.states())
    check(sweep.records() == records, "the records are as they were", sweep.records())


def cancelled(here: Cluster) -> None:
    """A cancelled job's cell goes on to the end that it would have had."""
    long = ("method=lora", "train.steps=600", "checkpoint.steps=20")
    sweep = Sweep(here, "cancelled", *long)
    with sweep.started() as process:
        seen = wait_for(lambda: bool(sweep.checkpoints()) or process.poll() is not None, STARTING)
        check(seen and process.poll() is None, "a job makes checkpoints", sweep.logs())
        addresses = here.listening()
        check(addresses == {"127.0.0.1"}, "all listen on loopback alone", addresses)
        here.ask("scancel", *here.running())
        ended = wait_for(lambda: process.poll() is not None, ENDING)
        check(ended, "the sweep ends behind scancel", f"still waits after {ENDING:.0f} s")
    (record,) = sweep.records() or [{"status": "no record"}]
    check(record["status"] == "interrupted", "the record says interrupted", record["status"])
    check(bool(sweep.checkpoints()), "a checkpoint is kept", "none")
    on = sweep.run()
    check(on.code == 0, "the same sweep ends well", on)
    check(
        any("going on from the checkpoint" in log for log in sweep.run_logs()),
        "it went on from the checkpoint", sweep.run_logs(),
    )  # fmt: skip
    whole = Sweep(here, "undisturbed", *long)
    said = whole.run()
    check(said.code == 0, "an undisturbed sweep ends well", said)
    check(
        sweep.results() == whole.results(),
        "adapter, loss of every step, predictions and scores are the same to the bit",
        (sweep.results(), whole.results()),
    )


def main() -> int:
    """Try it all; the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        needs.get()
        with cluster() as here:
            print(here.ask("sinfo", "--version").strip(), flush=True)
            two_cells(here)
            cancelled(here)
    except needs.NotHere as reason:
        print(f"slurm-smoke: not tried: {CHECKED} ({reason})")
        return NOT_TRIED
    except Failed as failure:
        print(f"slurm-smoke: FAILED: {failure}", file=sys.stderr)
        return 1
    print("slurm-smoke: all held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
