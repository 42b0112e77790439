"""Loss curves of a group."""

from __future__ import annotations

from bench.report.page.losses import MOST_PASSES, training, validation
from tests.report.page.page_runs import full_record, run_of


def test_the_training_loss_stands_in_the_middle_of_its_stretches() -> None:
    """40 steps in 4 stretches; the mean over seeds."""
    one, other = full_record(), full_record("lora", 1)
    other.curve = {"steps": 40, "area": 80.0, "loss": "6 5 4 3"}
    found = training([run_of(one), run_of(other)])
    assert found is not None
    assert found.steps == (5, 15, 25, 35)
    assert found.losses == (5, 4, 3, 2)
    assert found.n == 2


def test_curves_of_other_steps_are_left_out() -> None:
    """The most that agree are drawn, and counted."""
    records = [full_record("lora", seed) for seed in range(3)]
    records[0].curve = {"steps": 8, "area": 8.0, "loss": "1 1 1 1"}
    found = training([run_of(record) for record in records])
    assert found is not None
    assert (found.steps, found.n) == ((5, 15, 25, 35), 2)


def test_validation_passes_are_drawn_and_thinned() -> None:
    """The last of every stretch is kept, so that the end is what it was."""
    record = full_record()
    found = validation([run_of(record)])
    assert found is not None
    assert (found.steps, found.losses) == ((20, 40), (2.5, 1.5))
    record.history = [
        {"step": step, "split": "validation", "loss": 1 / step} for step in range(1, 251)
    ]
    thinned = validation([run_of(record)])
    assert thinned is not None
    assert len(thinned.steps) <= MOST_PASSES
    assert thinned.steps[-1] == 250


def test_no_curve_is_no_curve() -> None:
    """Records that are older than curves, and runs without validation."""
    record = full_record()
    record.curve, record.history = {}, [{"step": 1, "split": "validation", "loss": None}]
    assert training([run_of(record)]) is None
    assert validation([run_of(record)]) is None
