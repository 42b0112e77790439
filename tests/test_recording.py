"""What stages note comes together in one record."""

from __future__ import annotations

from bench.recording import absorb, larger
from bench.store.record import Record


def record() -> Record:
    """An empty one."""
    return Record(run_id="0" * 16, status="interrupted", cell={}, config={}, identity={})


def test_of_two_peaks_the_larger_stays() -> None:
    """Also where the stage that took more ran first, in another process."""
    made = record()
    absorb(made, {"memory": {"allocated_peak": 5, "rss_peak": 3}})
    absorb(made, {"memory": {"allocated_peak": 2, "rss_peak": 4}})
    assert made.memory == {"allocated_peak": 5, "rss_peak": 4}


def test_what_one_machine_does_not_know_another_may() -> None:
    """Training on a GPU, prediction on a processor, and the other way round."""
    assert larger({"allocated_peak": 5}, {"allocated_peak": None}) == {"allocated_peak": 5}
    assert larger({"allocated_peak": None}, {"allocated_peak": 5}) == {"allocated_peak": 5}
    assert larger({"allocated_peak": None}, {}) == {"allocated_peak": None}
    assert larger({"allocated_peak": 0}, {"allocated_peak": None}) == {"allocated_peak": 0}


def test_times_are_joined_and_added_up() -> None:
    """The total is that of the phases, not of the median step."""
    made = record()
    absorb(made, {"time": {"train": 2.0, "step_ms_median": 40.0}, "params": {"trained": 3}})
    absorb(made, {"time": {"predict": 1.0}})
    assert made.time == {"train": 2.0, "step_ms_median": 40.0, "predict": 1.0, "total": 3.0}
    assert made.params == {"trained": 3}
