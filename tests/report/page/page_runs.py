"""Runs for the tests of the page: records with everything that the page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.report.runs import run_from
from tests.report.report_records import make_record

if TYPE_CHECKING:
    from bench.report.runs import Run
    from bench.store.record import Record

GPU = "NVIDIA H100 80GB HBM3"


def full_record(
    method: str = "lora",
    seed: int = 0,
    *,
    trained: int = 100_000,
    gpu: str | None = GPU,
    **given: Any,
) -> Record:
    """A record with times, memory, a curve, predictions and a machine."""
    record = make_record(method, seed, **given)
    record.params = {"adapter": trained, "head": 0, "trained": trained, "total": 10**6}
    record.time = {"train": 60.0, "step_ms_median": 12.5, "total": 90.0}
    record.memory = {"allocated_peak": 2**31, "rss_peak": 2**30}
    record.curve = {"steps": 40, "area": 80.0, "loss": "4 3 2 1"}
    record.history = [
        {"step": 20, "epoch": 1, "split": "validation", "loss": 2.5},
        {"step": 40, "epoch": 2, "split": "validation", "loss": 1.5},
    ]
    record.sample = [{"prediction": "The Vaults is a pub."}]
    record.provenance = {
        "gpu": gpu, "cpu": "a processor", "python": "3.12.3", "git_sha": "5" * 40, "dirty": False,
        "packages": {"torch": "2.11.0", "transformers": "5.23.0", "numpy": "2.4.0"},
    }  # fmt: skip
    return record


def run_of(record: Record) -> Run:
    """The record as the report reads it."""
    cell = record.cell
    return run_from(record, f"{cell['task']}/{cell['model']}/{cell['method']}/{record.run_id}.json")


def full_run(*args: Any, **given: Any) -> Run:
    """A run with everything that the page shows."""
    return run_of(full_record(*args, **given))
