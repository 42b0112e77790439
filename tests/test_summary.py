"""A record in words."""

from __future__ import annotations

from typing import Any

import pytest

from bench.store.record import Record
from bench.summary import reason_of

LONG = "x" * 400


def record(status: str, **values: Any) -> Record:
    """A small record."""
    return Record(run_id="abc0" * 4, status=status, cell={}, config={}, identity={}, **values)


@pytest.mark.parametrize(
    ("made", "longest", "told"),
    [
        (record("finished", unavailable={"TER": "x", "METEOR": "x"}), 300, "lacks METEOR, TER"),
        (record("failed", error={"type": "A", "message": " b\nc"}), 300, "A: b"),
        (record("failed", error={"type": "A", "message": ""}), 300, "A"),
        (record("failed", error={"type": "A", "message": LONG}), 300, f"A: {LONG[:300]}"),
        (record("failed", error={"type": "A", "message": LONG}), None, f"A: {LONG}"),
        (record("diverged", error={"message": "b"}), 300, "diverged: b"),
        (record("interrupted"), 300, "interrupted"),
    ],
)
def test_why_a_run_is_not_done(made: Record, longest: int | None, told: str) -> None:
    """One line, whatever the record knows: what it lacks, its error, or its status."""
    assert reason_of(made, longest) == told
