"""The report on as many records as a cluster leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.report.page.page_runs import full_record
from tests.report.report_records import write

METHODS = ("lora", "lorma_plus", "lorma_pi", "ft")
METRICS = ("BLEU", "NIST", "METEOR", "ROUGE_L", "CIDEr")


@pytest.mark.skipif("BENCH_SOAK" not in os.environ, reason="takes a minute; make soak")
def test_two_thousand_records(tmp_path: Path) -> None:
    """Read, tested and written in less than 1 GiB; the seconds are printed.

    The memory is that of the report and of the largest of the processes that draw for it.
    """
    generator = np.random.Generator(np.random.PCG64(0))
    for number in range(2000):
        setting, seed = divmod(number // len(METHODS), 5)
        record = full_record(
            METHODS[number % len(METHODS)], seed, model="smollm2_135m", source="local",
            settings={"train": {"steps": setting}},
            metrics={"BLEU": 0.6 + 0.1 * generator.random()},
        )  # fmt: skip
        losses = (f"{4 - step / 50:.4f}" for step in range(100))
        record.curve = {"steps": 1000, "area": 3000.0, "loss": " ".join(losses)}
        record.identity["inputs"]["data"]["test"] = "items"
        resamples = 0.66 + 0.01 * generator.normal(size=(len(METRICS), 1000))
        record.resampled = {
            name: " ".join(f"{score:.6g}" for score in scores)
            for name, scores in zip(METRICS, resamples, strict=True)
        }
        write(tmp_path / "results", record)
    code = (
        "import resource, sys, time; from bench.report.__main__ import main; "
        "started = time.time(); status = main(sys.argv[1:]); seconds = time.time() - started; "
        "who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN); "
        "peaks = [resource.getrusage(one).ru_maxrss for one in who]; "
        "print(seconds, sum(peaks) / 2**20); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, f"paths.results={tmp_path / 'results'}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("read 2000 records")
    seconds, gibibytes = map(float, done.stdout.split("\n")[-2].split())
    size = (tmp_path / "results" / "index.html").stat().st_size / 1e6
    print(f"\n2,000 records: {seconds:.1f} s, {gibibytes:.2f} GiB, a page of {size:.1f} MB")
    assert gibibytes < 1
    assert size < 6
