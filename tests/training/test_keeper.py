"""When checkpoints are written, and which is gone on from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from bench.config import CheckpointConfig
from bench.errors import TimeLimitError
from bench.interruption import Interruption
from bench.sitting import Sitting
from bench.store.checkpoints import Checkpoint, Checkpoints
from bench.store.folder import RunFolder
from bench.tracking import Tracker
from bench.training.keeper import Keeper


class Clock:
    """Time that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """One time for the interruption and the keeper."""
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Callable[..., Keeper]:
    """A keeper, as another process over the same folder would have it."""

    def made(limit: float | None = None, threads: int = 1, **config: Any) -> Keeper:
        sitting = Sitting(
            tracker=Tracker(RunFolder(tmp_path)), interruption=Interruption(limit, clock)
        )
        facts = {"threads": threads}
        return Keeper(folder(tmp_path), CheckpointConfig(**config), sitting, facts, clock)

    return made


def folder(path: Path) -> Checkpoints:
    """Where its checkpoints are."""
    return RunFolder(path).checkpoints


def state(step: int) -> Any:
    """A state that knows its step."""
    return {"step": step, "weight": torch.full((3,), float(step))}


def walk(keeper: Keeper, steps: range, clock: Clock, seconds: float = 0.0) -> None:
    """Train, with so much time a step."""
    for step in steps:
        clock.now += seconds
        keeper.between(step, lambda step=step: state(step))


def test_every_so_many_steps(make: Callable[..., Keeper], clock: Clock, tmp_path: Path) -> None:
    """The last two of 3, 6 and 9 stay; another process goes on from the newest."""
    walk(make(steps=3, minutes=None), range(1, 11), clock)
    assert folder(tmp_path).steps() == [9, 6]
    newest = make().newest()
    assert newest["step"] == 9
    assert newest["weight"].tolist() == [9.0, 9.0, 9.0]


def test_every_so_many_minutes(make: Callable[..., Keeper], clock: Clock, tmp_path: Path) -> None:
    """At 50 seconds a step, every two minutes is behind step 3, 6 and 9."""
    walk(make(minutes=2), range(1, 10), clock, seconds=50)
    assert folder(tmp_path).steps() == [9, 6]


def test_never_where_neither_is_given(
    make: Callable[..., Keeper], clock: Clock, tmp_path: Path
) -> None:
    """Both null: nothing is written, and nothing found."""
    keeper = make(steps=None, minutes=None)
    walk(keeper, range(1, 10), clock, seconds=1e6)
    assert folder(tmp_path).steps() == []
    assert keeper.newest() is None


def test_a_time_limit_writes_a_checkpoint_and_stops(
    make: Callable[..., Keeper], clock: Clock, tmp_path: Path
) -> None:
    """Behind the step in which it was reached."""
    with pytest.raises(TimeLimitError):
        walk(make(limit=1, minutes=None), range(1, 100), clock, seconds=25)
    assert folder(tmp_path).steps() == [3]


def test_a_damaged_one_is_named_and_the_one_before_used(
    make: Callable[..., Keeper],
    clock: Clock,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Then none is left, and training begins anew."""
    walk(make(steps=2), range(1, 5), clock)
    newest = folder(tmp_path).folder / "step-4.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1])
    assert make().newest()["step"] == 2
    said = capsys.readouterr().out
    assert f"{newest}: damaged" in said
    assert "going on from the checkpoint behind step 2" in said
    (folder(tmp_path).folder / "step-2.json").write_text("{")
    assert make().newest() is None


def test_other_threads_are_told(
    make: Callable[..., Keeper], clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sums over threads round in another order; the same number of threads says nothing."""
    walk(make(steps=2), range(1, 3), clock)
    make().newest()
    assert "digits may differ" not in capsys.readouterr().out
    make(threads=4).newest()
    assert "made with other threads, so that digits may differ" in capsys.readouterr().out


def test_a_whole_file_of_another_kind_is_not_used(
    make: Callable[..., Keeper],
    clock: Clock,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Checksums hold, but it is no state: the one before is used."""
    walk(make(steps=2), range(1, 3), clock)
    absent = {"made_with": {}, "state": {"$tensor": "none", "$device": "cpu"}}
    tensors = safetensors.torch.save({"other": torch.zeros(1)})
    for blob, layout in ((b"", {}), (b"none", absent), (tensors, []), (tensors, absent)):
        folder(tmp_path).write(Checkpoint(step=3, tensors=blob, layout=layout))
        assert make().newest()["step"] == 2
        assert "behind step 3 is of another kind" in capsys.readouterr().out
