"""A plan says of each cell how far it is, before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.recording import cell_names, new_record
from bench.store.claim import claimed
from bench.store.record import Record
from bench.store.store import Store
from bench.sweep import lookup
from bench.sweep.compose import Composer
from bench.sweep.lookup import Lookups
from bench.sweep.plan import Planned, plan
from bench.sweep.sweep import once_each


@pytest.fixture
def planning(composer: Composer, tmp_path: Path) -> Callable[..., list[Planned]]:
    """Plan cells with the given overrides, in the test's own folder."""
    shared = ["model=tiny_llama", f"paths.results={tmp_path / 'results'}",
              f"paths.runs={tmp_path / 'runs'}", "train.limit=4"]  # fmt: skip

    def made(*cells: str) -> list[Planned]:
        return plan([[*shared, *cell.split()] for cell in cells], composer.settings)

    return made


def leave_record(composer: Composer, one: Planned, status: str, **values: object) -> Record:
    """Write a record of a planned cell."""
    from bench.config import cell_from

    cell = cell_from(composer.settings(one.overrides))
    record = new_record(cell, Lookups().identity(cell))
    record.status = status
    for name, value in values.items():
        setattr(record, name, value)
    Store(cell.paths.results).write(record)
    return record


def test_states(planning: Callable[..., list[Planned]], composer: Composer) -> None:
    """Finished, failed, interrupted, worked on, new, and wrong, each with its reason."""
    cells = [f"seed={seed}" for seed in range(6)]
    before = planning(*cells)
    assert [one.state for one in before] == ["new"] * 6
    leave_record(composer, before[0], "finished")
    error = {"type": "RuntimeError", "message": "one line\nanother"}
    leave_record(composer, before[1], "failed", error=error)
    leave_record(composer, before[2], "out_of_memory", error={"type": "MemoryError"})
    leave_record(composer, before[3], "interrupted", error={"type": "KeyboardInterrupt"})
    place = before[4].place
    assert place is not None
    with claimed(place.folder.path):
        after = planning(*cells, "seed=-1", "method.rnk=2", "train.start_from=mnli")
    states = ["finished", "failed", "failed", "interrupted", "running", "new"]
    assert [one.state for one in after] == [*states, "wrong", "wrong", "wrong"]
    assert [one.run_id for one in after[:6]] == [one.run_id for one in before]
    assert after[1].reason == "RuntimeError: one line"
    assert after[2].reason == "MemoryError"
    assert after[4].reason.startswith("process ")
    assert after[6].reason == "seed=-1: must be greater than or equal to 0"
    assert after[7].reason.startswith("method.rnk: no such key; did you mean method.rank?")
    assert "run task=mnli first" in after[8].reason
    assert after[0].title.endswith("seed 0 [seed=0]")


def test_a_damaged_record_is_planned_anew(
    planning: Callable[..., list[Planned]], composer: Composer
) -> None:
    """What is no record does not count, and a plan moves nothing."""
    (one,) = planning("seed=0")
    assert one.place is not None
    one.place.record.parent.mkdir(parents=True)
    one.place.record.write_bytes(b"\xff")
    assert [again.state for again in planning("seed=0")] == ["new"]
    assert one.place.record.read_bytes() == b"\xff"


def test_the_run_id_is_that_of_the_run(
    planning: Callable[..., list[Planned]], finished: Callable[..., tuple[object, Record]]
) -> None:
    """A run that was made outside of any plan is found finished by it."""
    cell, record = finished("seed=5")
    again = plan([["whatever"]], lambda _: cell.settings)  # type: ignore[attr-defined]
    assert [(one.run_id, one.state) for one in again] == [(record.run_id, "finished")]
    assert cell_names(cell) == record.cell  # type: ignore[arg-type]


def test_rows_and_weights_are_read_once(
    planning: Callable[..., list[Planned]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not once a cell: for each data set with its limits, and for each model."""
    read: list[str] = []
    for name in ("load_rows", "fingerprint"):
        real = getattr(lookup, name)
        monkeypatch.setattr(
            lookup, name, lambda given, name=name, real=real: (read.append(name), real(given))[1]
        )
    planning(*(f"seed={seed} method={name}" for seed in range(4) for name in ("lora", "bitfit")))
    assert sorted(read) == ["fingerprint", "load_rows"]
    read.clear()
    planning("seed=0", "task=cola", "train.limit=5", "model=tiny_gpt2")
    assert sorted(read) == ["fingerprint"] * 2 + ["load_rows"] * 3


def test_missing_data_is_looked_for_once(
    planning: Callable[..., list[Planned]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error is remembered too, and is the reason of each cell."""
    read = []
    real = lookup.load_rows
    monkeypatch.setattr(lookup, "load_rows", lambda cell: (read.append(1), real(cell))[1])
    found = planning(*(f"data=local data.root=/nowhere seed={seed}" for seed in range(3)))
    assert [one.state for one in found] == ["wrong"] * 3
    assert all(one.reason.startswith("data.root=/nowhere: ") for one in found)
    assert len(read) == 1


def test_one_run_is_made_once(
    planning: Callable[..., list[Planned]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Cells that differ only in what changes no result are one run, which is said."""
    found = once_each(planning("seed=0 threads=1", "seed=0 threads=2", "seed=1 threads=1"))
    assert [one.overrides[-2:] for one in found] == [
        ("seed=0", "threads=1"), ("seed=1", "threads=1"),
    ]  # fmt: skip
    assert "the same run twice: " in capsys.readouterr().out
