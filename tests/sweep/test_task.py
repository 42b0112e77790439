"""What a launcher runs for each cell: nothing where another process has it, or made it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from bench.sweep.compose import Composer
from bench.sweep.plan import Planned
from bench.sweep.task import SweepTask
from tests.sweep.conftest import claim, leave


def outcome(task: SweepTask, one: Planned) -> str:
    """What the task says of a cell; its overrides are wrong, so that one that runs says so."""
    return task(OmegaConf.create({"overrides": list(one.overrides)}))


@pytest.fixture
def task_of(composer: Composer, tmp_path: Path) -> Callable[[Planned], SweepTask]:
    """The task of a sweep that began an hour ago, with one cell in it."""

    def make(one: Planned) -> SweepTask:
        assert one.place is not None
        places = {one.overrides: one.place}
        return SweepTask(
            composer=composer, since=1.0, mark=tmp_path / "stop", launcher=0, places=places
        )

    return make


def test_others_cells_are_told_without_composing_them(
    planned: Callable[[str], Planned],
    task_of: Callable[[Planned], SweepTask],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A living owner and a record made meanwhile, also of a failure, are left alone."""
    running, failed = planned("running"), planned("failed")
    claim(running, living=True)
    leave(failed, "failed", error={"type": "ValueError", "message": "", "traceback": ""})
    assert outcome(task_of(running), running) == outcome(task_of(failed), failed) == ""
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"bench: {running.run_id}: process ")
    assert told[0].endswith(" works on it")
    assert told[1] == f"bench: {failed.run_id}: failed already, skipped"


def test_free_cells_and_those_of_the_dead_run(
    planned: Callable[[str], Planned], task_of: Callable[[Planned], SweepTask]
) -> None:
    """Neither a dead owner nor a place that was never planned keeps a cell from running."""
    free, dead = planned("free"), planned("dead")
    claim(dead, living=False)
    for one in (free, dead):
        assert "id" in outcome(task_of(one), one)
        other = pickle.loads(pickle.dumps(task_of(one)))  # noqa: S301  (made here)
        assert other.places == {}


def test_a_mark_stops_a_sweep(
    planned: Callable[[str], Planned], task_of: Callable[[Planned], SweepTask]
) -> None:
    """No cell is looked at once the sweep is told to stop."""
    one = planned("free")
    task = task_of(one)
    task.mark.touch()
    assert outcome(task, one) == ""
