"""Cells go to a launcher until each left a record, whatever breaks on the way."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hydra.core.utils import JobReturn, JobStatus

from bench.store.claim import FILE
from bench.store.clock import folder_now
from bench.sweep import dispatch as module
from bench.sweep.dispatch import DEATHS, Dispatch
from bench.sweep.plan import Planned
from bench.sweep.stopping import Stopping
from tests.sweep.conftest import claim, leave, run_id_of

Cell = Callable[[Planned], str]
"""What a cell does in a test; its text is what the task returns."""


class Launcher:
    """Runs what each cell does, and notes which cells it was given."""

    def __init__(self, **cells: Cell) -> None:
        self.cells = cells
        self.known: dict[str, Planned] = {}
        self.given: list[list[str]] = []
        self.started: Counter[str] = Counter()

    def __call__(self, overrides: list[list[str]]) -> Sequence[JobReturn]:
        names = [one[0].removeprefix("id=") for one in overrides]
        self.given.append(names)
        done = []
        for name in names:
            self.started[name] += 1
            told = self.cells[name](self.known[name])
            done.append(JobReturn(status=JobStatus.COMPLETED, _return_value=told))
        return done


def finish(one: Planned) -> str:
    leave(one)
    return ""


def fail(one: Planned) -> str:
    leave(one, "failed")
    return ""


def nothing(one: Planned) -> str:
    return ""


def break_down(one: Planned) -> str:
    raise RuntimeError("a worker is gone\nand more")


def killed(one: Planned) -> str:
    claim(one, living=False)
    raise RuntimeError("a worker was killed")


@pytest.fixture
def run(planned: Callable[[str], Planned], tmp_path: Path) -> Callable[[Launcher], Dispatch]:
    """Dispatch the launcher's cells."""

    def ran(launcher: Launcher) -> Dispatch:
        launcher.known = {name: planned(name) for name in launcher.cells}
        since = folder_now(tmp_path / "results")
        time.sleep(0.02)  # the clock of a file system ticks a hundred times a second or more
        dispatch = Dispatch(since, launcher, Stopping(tmp_path / "stop"))
        dispatch.run(list(launcher.known.values()))
        return dispatch

    return ran


Run = Callable[[Launcher], Dispatch]


def test_every_cell_runs_once(run: Run) -> None:
    """Also those that fail: a failure is a record, and is not tried again."""
    launcher = Launcher(a=finish, b=fail, c=finish)
    run(launcher)
    assert launcher.given == [["a", "b", "c"]]


def test_what_did_not_start_is_handed_over_again(run: Run) -> None:
    """A launcher that breaks takes the others with it; those that are done are not repeated."""
    turns = iter([break_down, finish])

    def breaks_once(one: Planned) -> str:
        return next(turns)(one)

    launcher = Launcher(a=finish, b=breaks_once, c=finish)
    dispatch = run(launcher)
    assert launcher.given == [["a", "b", "c"], ["b", "c"]]
    assert dispatch.broken == "the launcher broke: RuntimeError: a worker is gone"


def test_what_dies_is_tried_twice_more(run: Run) -> None:
    """A cell that kills its worker each time is given up, and the others still run."""
    launcher = Launcher(a=killed, b=killed, c=finish)
    run(launcher)
    assert launcher.started == {"a": DEATHS, "b": DEATHS, "c": 1}
    assert DEATHS == 3


def test_a_launcher_that_does_nothing_is_asked_once(run: Run) -> None:
    """No record, no death: it would never end."""
    for does in (nothing, break_down):
        launcher = Launcher(a=does)
        run(launcher)
        assert launcher.given == [["a"]]


def test_what_cannot_run_is_not_tried_again(run: Run) -> None:
    """A reason without a record comes back with the task."""
    launcher = Launcher(a=lambda one: "no such thing", b=finish)
    assert run(launcher).reasons == {run_id_of("a"): "no such thing"}
    assert launcher.given == [["a", "b"]]


def test_what_others_do_is_left_to_them(planned: Callable[[str], Planned], tmp_path: Path) -> None:
    """Finished, claimed by the living, failed since the sweep began; what failed before is run."""
    since = folder_now(tmp_path / "results")
    time.sleep(0.02)
    launcher = Launcher(done=finish, claimed=finish, failed=finish, before=finish, dead=finish)
    launcher.known = {name: planned(name) for name in launcher.cells}
    leave(launcher.known["done"], age=3600)
    claim(launcher.known["claimed"], living=True)
    leave(launcher.known["failed"], "failed")
    leave(launcher.known["before"], "failed", age=3600)
    claim(launcher.known["dead"], living=False)
    Dispatch(since, launcher, Stopping(tmp_path / "stop")).run(list(launcher.known.values()))
    assert launcher.given == [["before", "dead"]]


def test_jobs_that_outlive_their_launcher_are_awaited(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A launcher loses one job while another goes on: that one is not started twice."""
    monkeypatch.setattr(module, "LOOK", 0.01)

    def goes_on(one: Planned) -> str:
        claim(one, living=True)
        assert one.place is not None
        file = one.place.folder.path / FILE
        threading.Timer(0.2, lambda: (leave(one), file.unlink())).start()
        return ""

    launcher = Launcher(a=goes_on, b=break_down)
    run(launcher)
    assert launcher.given == [["a", "b"], ["b"]]
