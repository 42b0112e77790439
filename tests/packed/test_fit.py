"""Cells that are fitted together, from their claims to their records."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.config import Cell
from bench.errors import HangError, StoppedError
from bench.interruption import Interruption
from bench.material import load_rows
from bench.packed import fit as module
from bench.packed.base import NotTogetherError
from bench.packed.fit import TooManyError, fit_together
from bench.packed.seat import Seat
from bench.run import run
from bench.store.claim import claimed
from bench.store.folder import RunFolder
from bench.store.record import Record
from tests.cells import records
from tests.packed.runs import UNDROPPED

pytestmark = pytest.mark.usefixtures("plain_scores")

Compose = Callable[..., Cell]

EACH = (("method=lora",), ("method=lora", "seed=1", "method.rank=2"), ("method=lorma_plus",))


def together(*cells: Cell, other_masks: bool = False) -> None:
    """Fit cells as a sweep that begins here does."""
    fit_together(cells, since=float("inf"), threads=1, other_masks=other_masks)


@pytest.fixture
def three(compose_cell: Compose) -> list[Cell]:
    """Cells of 6 steps that can train together."""
    return [compose_cell("train.steps=6", *own) for own in EACH]


@pytest.fixture
def alone(compose_cell: Compose, tmp_path: Path) -> Callable[..., Record]:
    """The record of a cell that is made by itself, in folders of its own."""
    folders = (f"paths.results={tmp_path / 'alone'}", f"paths.runs={tmp_path / 'alone-runs'}")
    return lambda *own: run(compose_cell("train.steps=6", *folders, *own))


def folder(cell: Cell, record: Record) -> RunFolder:
    """The folder of a run."""
    return RunFolder(cell.paths.runs / record.run_id)


def notes(cell: Cell) -> list[dict[str, Any]]:
    """The notes of all fits that are done."""
    folders = [RunFolder(path) for path in cell.paths.runs.iterdir() if path.name != "sweeps"]
    return [note for one in folders if (note := one.done("fit")) is not None]


def assert_alike(record: Record, other: Record) -> None:
    """Records of one run_id, with equal scores and losses that differ by the order of sums."""
    assert record.run_id == other.run_id
    assert (record.status, record.cell, record.config["method"]) == (
        "finished", other.cell, other.config["method"],
    )  # fmt: skip
    assert record.metrics == other.metrics
    assert (record.params, record.data, record.model) == (other.params, other.data, other.model)
    for mine, theirs in zip(record.history, other.history, strict=True):
        assert mine["loss"] == pytest.approx(theirs["loss"], abs=1e-5)


def test_records_are_those_of_runs_alone(three: list[Cell], alone: Callable[..., Record]) -> None:
    """The same run_ids, scores and predictions; the record tells that it was packed."""
    together(*three)
    assert len(notes(three[0])) == 3
    assert list(three[0].paths.runs.rglob("claim.json")) == []
    assert records(three[0]) == [], "what is done in part has no record yet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.stages.run_whole", lambda *a, **k: pytest.fail("trained anew"))
        packed = [run(cell) for cell in three]
    for cell, own, record in zip(three, EACH, packed, strict=True):
        other = alone(*own)
        assert_alike(record, other)
        assert record.stepping["train"] == {"step": "eager", "compiled": False, "packed": 3}
        assert {"load", "attach", "tokenise", "train", "validate"} <= record.time.keys()
        mine = folder(cell, record).file("predict")
        theirs = cell.paths.runs.parent / "alone-runs" / other.run_id / mine.name
        assert mine.read_text() == theirs.read_text()


def test_the_base_is_loaded_once_and_shared(
    three: list[Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All runs' frozen tensors are the ones that were loaded."""
    loads, bases = [], []
    load, course = module.Job.loaded.func, module.SharedBase.course

    def loading(job: Any) -> Any:
        loads.append(job)
        return load(job)

    def shared(base: Any, job: Any) -> Any:
        made = course(base, job)
        own = {t.data_ptr() for t in job.attached.model.parameters() if not t.requires_grad}
        bases.append(own == {t.data_ptr() for t in base.loaded.model.parameters()})
        return made

    monkeypatch.setattr(module.Job.loaded, "func", loading)
    monkeypatch.setattr(module.SharedBase, "course", shared)
    together(*three)
    assert (len(loads), bases) == (1, [True] * 3)


def test_an_interruption_keeps_every_run(
    three: list[Cell], alone: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each leaves its checkpoint and its record; packed or alone, it goes on to the same end."""
    step = module.train_together

    def interrupting(members: Any, stepper_for: Any) -> None:
        def counted(left: Any) -> Any:
            gradients, steps = stepper_for(left), iter(range(10))

            def compute(batches: Any) -> Any:
                if next(steps) == 2:
                    signal.raise_signal(signal.SIGINT)
                return gradients(batches)

            return compute

        step(members, counted)

    monkeypatch.setattr(module, "train_together", interrupting)
    with pytest.raises(KeyboardInterrupt):
        together(*three)
    assert [one.status for one in records(three[0])] == ["interrupted"] * 3
    assert {(one.error or {})["type"] for one in records(three[0])} == {"KeyboardInterrupt"}
    kept = [folder(three[0], one).checkpoints.steps() for one in records(three[0])]
    assert kept == [[3]] * 3
    monkeypatch.setattr(module, "train_together", step)
    first = run(three[0])
    assert first.stepping["train"]["step"] == "eager"
    together(*three)
    for cell, own in zip(three, EACH, strict=True):
        record = run(cell)
        assert_alike(record, alone(*own))
        assert [row["step"] for row in folder(cell, record).read_lines(
            folder(cell, record).trace)] == [1, 2, 3, 4, 5, 6]  # fmt: skip


def test_one_that_diverges_leaves_its_record(
    compose_cell: Compose, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the reason on the screen; the others have their fit."""
    rates = ("method.optimizer.lr=0.001", "method.optimizer.lr=1e30", "method.optimizer.lr=0.002")
    cells = [compose_cell(rate) for rate in rates]
    together(*cells)
    (broken,) = records(cells[0])
    assert (broken.status, (broken.error or {})["step"]) == ("diverged", 2)
    assert "the loss is nan at step 2" in capsys.readouterr().err
    assert len(notes(cells[0])) == 2
    assert run(cells[2]).status == "finished"


def test_what_others_do_is_left_to_them(three: list[Cell]) -> None:
    """A cell that is claimed, and one whose fit is done, are not in the pack."""
    fourth = replace(three[0], seed=7)
    cells = [*three, fourth]
    places = [place for place, _, _ in module.places(cells, load_rows(three[0]))]
    with pytest.raises(StoppedError):
        run(replace(three[0], stop_after="fit"))
    alone = places[0].folder.path / "fit.json"
    before = alone.stat().st_mtime_ns
    with claimed(places[1].folder.path):
        together(*cells)
    done = [place.folder.done("fit") for place in places]
    assert [note and note["stepping"]["train"].get("packed") for note in done] == [None, None, 2, 2]
    assert alone.stat().st_mtime_ns == before
    together(*cells)
    assert places[1].folder.done("fit") is None, "one that is left needs no others"


def test_dropout_is_refused_unless_allowed(compose_cell: Compose) -> None:
    """GPT-2 has some by default; where other masks are allowed, records tell."""
    cells = [compose_cell("model=tiny_gpt2", f"seed={seed}") for seed in (0, 1)]
    with pytest.raises(NotTogetherError, match=r"transformer.drop=0.1 draws other masks"):
        together(*cells)
    assert notes(cells[0]) == records(cells[0]) == []
    together(*cells, other_masks=True)
    facts = [note["stepping"]["train"] for note in notes(cells[0])]
    assert facts == [{"step": "eager", "compiled": False, "packed": 2,
                      "dropout": "masks of all runs drawn together"}] * 2  # fmt: skip
    undropped = [compose_cell("model=tiny_gpt2", f"seed={s}", *UNDROPPED) for s in (0, 1)]
    together(*undropped)
    assert len(notes(cells[0])) == 4


def test_a_time_limit_is_everybodys(compose_cell: Compose) -> None:
    """Each leaves its checkpoint and says so; nothing is raised, as the sweep goes on."""
    cells = [compose_cell("time_limit=1e-9", f"seed={seed}") for seed in (0, 1)]
    together(*cells)
    left = records(cells[0])
    assert [(one.error or {})["type"] for one in left] == ["TimeLimitError"] * 2
    assert [folder(cells[0], one).checkpoints.steps() for one in left] == [[1], [1]]


def test_all_that_hang_leave_a_record(three: list[Cell]) -> None:
    """The process ends, whichever of them hangs."""
    with ExitStack() as stack:
        seats = []
        for place, record, cell in module.places(three, load_rows(three[0])):
            seat = Seat.take(cell, place, record, since=0.0, interruption=Interruption(),
                             sign=lambda: None)  # fmt: skip
            assert seat is not None
            stack.callback(seat.free)
            seats.append(seat)
        module.record_hangs(seats, HangError("no sign of life"))
    assert [(one.error or {})["type"] for one in records(three[0])] == ["HangError"] * 3


def test_where_memory_ends_nothing_is_left(
    three: list[Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No record, so that fewer of them, or each by itself, can be tried."""

    def full(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(module, "train_together", full)
    with pytest.raises(TooManyError, match="does not hold 3 runs at once"):
        together(*three)
    assert notes(three[0]) == records(three[0]) == []
    assert list(three[0].paths.runs.rglob("claim.json")) == []
