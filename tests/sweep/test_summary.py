"""The end of a sweep is told by its records, and by an exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.sweep.plan import Planned
from bench.sweep.summary import Outcome, outcome, report
from tests.sweep.conftest import claim, leave, run_id_of


@pytest.mark.parametrize(
    ("status", "error", "name", "reason"),
    [
        ("finished", None, "done", ""),
        ("failed", {"type": "RuntimeError", "message": "why\nmore"}, "failed", "RuntimeError: why"),
        ("diverged", {"type": "DivergedError", "message": "x"}, "diverged", "DivergedError: x"),
        ("out_of_memory", {"type": "MemoryError"}, "out of memory", "MemoryError"),
        ("interrupted", {"type": "KeyboardInterrupt"}, "interrupted", "KeyboardInterrupt"),
        ("interrupted", {"type": "StoppedError", "message": "as asked"}, "stopped", ""),
    ],
)
def test_records_tell(
    planned: Callable[[str], Planned], status: str, error: object, name: str, reason: str
) -> None:
    """Each status is an outcome, with its reason in one line."""
    one = planned("a")
    leave(one, status, error=error)
    told = outcome(one, 0.0, {})
    assert (told.name, told.reason) == (name, reason)


def test_what_left_no_record_is_told(planned: Callable[[str], Planned]) -> None:
    """Skipped, elsewhere, killed, refused, never started, and a record from before the sweep."""
    one = planned("a")
    assert outcome(one, 0.0, {}).name == "not started"
    assert outcome(one, 0.0, {}, "the launcher broke").name == "no record"
    assert outcome(one, 0.0, {run_id_of("a"): "bad rows"}).name == "wrong settings"
    assert outcome(replace(one, state="wrong", place=None), 0.0, {}).name == "wrong settings"
    claim(one, living=False)
    assert outcome(one, 0.0, {}) == Outcome(
        planned=one, name="no record", reason="left no record (killed?)"
    )
    claim(one, living=True)
    assert outcome(one, 0.0, {}).name == "running elsewhere"
    old = planned("b")
    leave(old, "failed", age=3600)
    assert outcome(old, old.place.record.stat().st_mtime + 1, {}).name == "not started"  # type: ignore[union-attr]
    leave(old)
    assert outcome(replace(old, state="finished"), 0.0, {}).name == "skipped"


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["done", "skipped", "stopped"], 0),
        (["done", "running elsewhere"], 3),
        (["done", "interrupted", "not started"], 3),
        (["done", "wrong settings"], 2),
        (["wrong settings", "interrupted"], 2),
        (["failed", "wrong settings", "interrupted"], 1),
        (["no record"], 1),
        (["diverged", "done"], 1),
        (["out of memory", "running elsewhere"], 1),
        ([], 0),
    ],
)
def test_the_worst_decides_the_exit_code(
    planned: Callable[[str], Planned], names: list[str], code: int
) -> None:
    """Failure before wrong settings, these before what is only not done yet."""
    assert report([Outcome(planned=planned("a"), name=name) for name in names]) == code


def test_one_line_a_cell_that_is_not_done(
    planned: Callable[[str], Planned], capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts first; then title, outcome, reason and the path of the record."""
    good, bad = planned("a"), planned("b")
    leave(good)
    leave(bad, "failed", error={"type": "RuntimeError", "message": "why"})
    assert report([outcome(one, 0.0, {}) for one in (good, bad)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "sweep: 2 cells: 1 done, 1 failed"
    (line,) = lines[1:]
    assert line.split()[:4] == ["failed", "b:", "RuntimeError:", "why"]
    assert line.endswith(f"results/e2e/tiny/lora/{run_id_of('b')}.json")
