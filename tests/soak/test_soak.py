"""Four processes share one sweep while one run in ten meets a fault: nothing is lost or doubled.

`make soak` runs it with 1,000 cells.
"""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from bench.store.store import Store
from tests.soak.faults import fault_of
from tests.soak.stub import adapter, predictions, scores
from tests.soak.sweeping import Sweep, deaths, logged, once, share, wanted_work

LONG = os.environ.get("BENCH_SOAK") == "1"

LIMIT = 0.050
"""Seconds of a processor that the harness may take for a cell."""


def test_a_shared_sweep_ends_complete(tmp_path: Path) -> None:
    """Each run finished with the content that its run_id calls for, each stage done once.

    What a fault destroyed is done twice: a training whose note was torn, predictions that
    were. What was on disk when a process was killed is not done again.
    """
    sweep = Sweep(folder=tmp_path, ranks=5 if LONG else 2, seeds=100 if LONG else 12)
    started = time.monotonic()
    codes = share(sweep, 4)
    took = time.monotonic() - started
    records, damaged = Store(tmp_path / "results").read()
    run_ids = [record.run_id for record in records]
    faults = Counter(kind for run_id in run_ids if (kind := fault_of(run_id)))
    print(f"\n{sweep.cells} cells in {took:.0f} s, {1000 * took / sweep.cells:.0f} ms each")
    print(f"exit codes: {dict(Counter(codes))}; faults: {dict(faults)}")
    assert damaged == []
    assert len(set(run_ids)) == len(run_ids) == sweep.cells
    for record in records:
        made = adapter(record.run_id)
        assert record.status == "finished"
        assert record.metrics == scores(predictions(made))
        assert record.artifacts["adapter"]["sha256"] == hashlib.sha256(made).hexdigest()
    assert Counter((stage, run_id) for stage, run_id, _ in logged(sweep.folder)) == wanted_work(
        run_ids
    )
    assert len(list((tmp_path / "state").glob("*.fault"))) == sum(faults.values()) > 0
    killed = sum(code == -signal.SIGKILL for code in codes)
    assert killed + faults["hang"] <= deaths(run_ids) <= killed + codes.count(1)
    left = [path for pattern in ("*.tmp", "claim.json") for path in tmp_path.rglob(pattern)]
    assert left == []
    aside = [path.name.partition(".")[0] for path in tmp_path.rglob("*.damaged*")]
    assert sorted(aside) == sorted(one for one in run_ids if fault_of(one) == "garbage record")


@pytest.mark.skipif(not LONG, reason="a measurement of time; make soak runs it")
def test_the_harness_takes_little_time(tmp_path: Path) -> None:
    """Planning, composing, claiming and recording of a cell, beside the work of its stages.

    Time of the processor: what else runs on the machine makes cells wait, not work. The least
    of three, as full caches of a processor are emptied by others all the same.
    """
    least = {}
    for seeds in (1, 40):
        took = []
        for turn in range(3):
            folder = tmp_path / f"{seeds}-{turn}"
            folder.mkdir()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert once(Sweep(folder=folder, ranks=1, seeds=seeds, faults=False)) == 0
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        least[seeds] = min(took)
    each = (least[40] - least[1]) / (2 * 39)
    print(f"\noverhead of a cell: {1000 * each:.1f} ms")
    assert each < LIMIT
