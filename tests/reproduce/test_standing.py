"""How far the cells of a table are, from records that were made before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.reproduce.estimate import Estimate, duration, in_words
from bench.reproduce.standing import Standing, standing, summary
from bench.store.store import Store
from bench.sweep.compose import Composer, new_composer
from bench.sweep.plan import Planned, plan
from tests.sweep.test_plan import leave_record

TIME, MEMORY = {"total": 90.0}, {"allocated_peak": None, "rss_peak": 1 << 30}


@pytest.fixture
def composer() -> Composer:
    return new_composer()


@pytest.fixture
def planning(composer: Composer, tmp_path: Path) -> Callable[..., list[Planned]]:
    """Planned cells of a tiny model, one a seed."""
    shared = ("model=tiny_llama", f"paths.results={tmp_path / 'results'}",
              f"paths.runs={tmp_path / 'runs'}", "train.limit=4")  # fmt: skip

    def made(*seeds: int) -> list[Planned]:
        return plan([(*shared, f"seed={seed}") for seed in seeds], composer.settings)

    return made


@pytest.fixture
def stand(planning: Callable[..., list[Planned]], tmp_path: Path) -> Callable[..., list[Standing]]:
    """How far the cells with some seeds are."""

    def made(*seeds: int) -> list[Standing]:
        store = Store(tmp_path / "results")
        return [standing(one, store) for one in planning(*seeds)]

    return made


def test_done_failed_and_missing_with_an_estimate(
    planning: Callable[..., list[Planned]],
    stand: Callable[..., list[Standing]],
    composer: Composer,
) -> None:
    """What is left is judged by what is finished; what is finished needs no estimate."""
    first, second = planning(0, 1)
    leave_record(composer, first, "finished", time=TIME, memory=MEMORY)
    leave_record(composer, second, "failed", error={"type": "RuntimeError", "message": "why"})
    found = stand(0, 1, 2)
    assert [one.state for one in found] == ["done", "failed", "missing"]
    assert [one.estimate for one in found] == [
        None, *[Estimate(seconds=90.0, peak=1 << 30)] * 2,
    ]  # fmt: skip
    assert str(found[1]).startswith("  failed      lorma_plus · e2e · tiny_llama · quick")
    assert str(found[1]).endswith(": RuntimeError: why")
    assert summary(found) == (
        "3 cells: 1 done, 1 failed, 1 missing\n"
        "to run: 2 cells, about 3 min one after the other, 1.0 GiB at most"
    )


def test_what_older_components_made_is_stale(
    planning: Callable[..., list[Planned]],
    stand: Callable[..., list[Standing]],
    composer: Composer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The cell is to be run again, and the component that changed is named."""
    leave_record(composer, planning(0)[0], "finished", time=TIME)
    monkeypatch.setattr("bench.training.VERSION", 99)
    found = stand(0, 1)
    assert [one.state for one in found] == ["stale", "missing"]
    assert found[0].reason.startswith("trainer: version ")
    assert found[0].reason.endswith("today 99")


def test_other_rows_tell_nothing_of_the_time(
    planning: Callable[..., list[Planned]],
    stand: Callable[..., list[Standing]],
    composer: Composer,
) -> None:
    """A record of the same method that was trained on other rows is no measure."""
    (one,) = planning(0)
    record = leave_record(composer, one, "finished", time=TIME)
    assert one.place is not None
    record.identity["inputs"]["data"] = {"train": "other"}
    one.place.record.unlink()
    one.place.store.write(record)
    (found,) = stand(1)
    assert found.estimate is None
    assert "to run: 1 cell, without a finished record of their kind" in summary([found])


def test_a_finished_table_has_nothing_left(
    planning: Callable[..., list[Planned]],
    stand: Callable[..., list[Standing]],
    composer: Composer,
) -> None:
    """Said in words."""
    leave_record(composer, planning(0)[0], "finished", time=TIME)
    assert summary(stand(0)) == "1 cell: 1 done\nnothing left to run"


def test_times_are_of_runs_that_had_a_gpu_to_themselves(
    planning: Callable[..., list[Planned]],
    stand: Callable[..., list[Standing]],
    composer: Composer,
) -> None:
    """Of ten processes on one GPU each takes as long as all; only where there are no others."""
    shared, alone = planning(0, 1)
    ten = {"gpu_processes": 10}
    leave_record(composer, shared, "finished", time={"total": 900.0}, provenance=ten)
    assert stand(2)[0].estimate == Estimate(seconds=900.0, peak=0, shared=True)
    assert "1 judged by runs that shared a GPU" in summary(stand(0, 2))
    one = {"gpu_processes": 1}
    leave_record(composer, alone, "finished", time=TIME, memory=MEMORY, provenance=one)
    assert stand(2)[0].estimate == Estimate(seconds=90.0, peak=1 << 30)
    assert "shared" not in summary(stand(0, 2))


def test_estimates_in_words() -> None:
    """Hours and minutes, the largest memory, and how many cells have none."""
    known = [Estimate(seconds=7000.0, peak=3 << 30), Estimate(seconds=500.0, peak=1 << 30), None]
    assert in_words(known) == (
        "about 2 h 5 min one after the other, 3.0 GiB at most; 1 without a finished record of "
        "their kind"
    )
    assert duration(59.4) == "59 s"
    assert duration(61.0) == "1 min"
