"""Runs that train together end as they do by themselves."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from bench.attach.attach import Attached
from bench.config import Cell
from bench.errors import DivergedError, StoppedError
from bench.models.load import Loaded
from bench.stages import Job
from bench.training.fitted import Fit
from bench.training.saving import NEVER
from tests.packed.runs import UNDROPPED, fit_alone, fit_packed

STEPS = 20

Result = tuple[Attached, Fit | BaseException]

MIXED = (
    ("method=lora", "seed=0"),
    ("method=lora", "seed=1", "method.optimizer.lr=0.002", "train.schedule=cosine"),
    ("method=lora", "method.rank=2", "train.warmup_steps=5", "+method.optimizer.ratio=4"),
    ("method=lorma_plus", "seed=1", "train.clip_norm=0.05"),
    ("method=lorma_plus", "seed=2", "train.evaluations=4", "train.select=best"),
    ("method=lorma_pi", "method.rank=1"),
    ("method=dora", "seed=3", "method.optimizer.weight_decay=0.1"),
    ("method=loda", "seed=4"),
    ("method=svft_p", "method.optimizer.lr=0.01"),
    ("method=adalora", "seed=5", "method.plugins.rank_allocation.interval=4"),
)


@pytest.fixture
def cells(compose_cell: Callable[..., Cell]) -> Callable[..., list[Cell]]:
    """Cells from overrides of each, of 20 steps over batches of 3 of 16 rows."""

    def make(*each: Sequence[str], model: str = "tiny_llama") -> list[Cell]:
        more = UNDROPPED if model == "tiny_gpt2" else ()
        shared = (f"model={model}", "train.batch_size=3", *more)
        return [compose_cell(f"train.steps={STEPS}", *shared, *own) for own in each]

    return make


def loaded_for(cell: Cell) -> Loaded:
    """The base model of a cell."""
    return Job(cell, None, None, None, 1).loaded  # type: ignore[arg-type]


def assert_alike(result: Result, expected: tuple[Attached, Fit]) -> None:
    """The same rows in the same order, and numbers that differ by the order of sums only."""
    (attached, fit), (other, wanted) = result, expected
    assert isinstance(fit, Fit)
    assert fit.tokens == wanted.tokens
    assert len(fit.trace) == len(wanted.trace)
    for mine, theirs in zip(fit.trace, wanted.trace, strict=True):
        assert (mine["step"], mine["lr"]) == (theirs["step"], theirs["lr"])
        assert mine["loss"] == pytest.approx(theirs["loss"], abs=1e-5)
    for mine, theirs in zip(fit.history, wanted.history, strict=True):
        assert (mine["step"], mine["epoch"]) == (theirs["step"], theirs["epoch"])
        assert mine["loss"] == pytest.approx(theirs["loss"], abs=1e-5)
    state = other.state()
    for name, tensor in attached.state().items():
        torch.testing.assert_close(tensor, state[name], atol=2e-5, rtol=1e-3)


@pytest.mark.parametrize("model", ["tiny_llama", "tiny_gpt2"])
def test_losses_and_adapters_are_those_of_runs_alone(
    model: str, cells: Callable[..., list[Cell]]
) -> None:
    """Over 20 steps of methods, seeds, ranks, rates, schedules and plugins, losses to 1e-5."""
    made = cells(*MIXED, model=model)
    loaded = loaded_for(made[0])
    expected = [fit_alone(cell, loaded) for cell in made]
    falls = [fit.trace[-1]["loss"] < fit.trace[0]["loss"] for _, fit in expected]
    assert all(falls), "runs that learn nothing show nothing"
    for result, wanted in zip(fit_packed(made, loaded), expected, strict=True):
        assert_alike(result, wanted)


def test_accumulation(cells: Callable[..., list[Cell]]) -> None:
    """Steps of several batches, whose mean is over the targets of all of them."""
    made = cells(*(("train.accumulation=3", f"seed={seed}") for seed in (0, 1)))
    loaded = loaded_for(made[0])
    expected = [fit_alone(cell, loaded) for cell in made]
    for result, wanted in zip(fit_packed(made, loaded), expected, strict=True):
        assert_alike(result, wanted)


def test_one_that_diverges_stops_no_other(cells: Callable[..., list[Cell]]) -> None:
    """It ends with its own error at its own step; the others are as if it had not been there."""
    made = cells(("seed=0",), ("seed=1", "method.optimizer.lr=1e30"), ("seed=2",))
    loaded = loaded_for(made[0])
    first, broken, last = fit_packed(made, loaded)
    assert_alike(first, fit_alone(made[0], loaded))
    assert_alike(last, fit_alone(made[2], loaded))
    with pytest.raises(DivergedError) as alone:
        fit_alone(made[1], loaded)
    assert isinstance(broken[1], DivergedError)
    assert broken[1].step == alone.value.step


def test_shorter_runs_leave_earlier(cells: Callable[..., list[Cell]]) -> None:
    """And the longest goes on by itself, on a model that it then shares with nobody."""
    made = cells(("train.steps=3",), ("seed=1", "train.steps=9"), ("method=lorma_plus",))
    loaded = loaded_for(made[0])
    for cell, result in zip(made, fit_packed(made, loaded), strict=True):
        assert_alike(result, fit_alone(cell, loaded))


class StopsAt:
    """Keeps the state behind a step, and ends the run there the first time."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.held: Any = None
        self.seen: list[int] = []

    def newest(self) -> Any | None:
        return copy.deepcopy(self.held)

    def between(self, step: int, capture: Callable[[], Any]) -> None:
        self.seen.append(step)
        if step == self.step and self.held is None:
            self.held = capture()
            raise StoppedError("as the test asks")


def test_going_on_from_checkpoints(cells: Callable[..., list[Cell]]) -> None:
    """Runs that were stopped behind other steps each go on to the same end, packed or alone."""
    made = cells(("seed=0",), ("method=lorma_plus", "seed=1"), ("method=dora",))
    loaded = loaded_for(made[0])
    savings = [StopsAt(4), StopsAt(4), StopsAt(11)]
    stopped = fit_packed(made, loaded, savings)
    assert [type(left) for _, left in stopped] == [StoppedError] * 3
    expected = [fit_alone(cell, loaded) for cell in made]
    for result, wanted in zip(fit_packed(made, loaded, savings), expected, strict=True):
        assert_alike(result, wanted)
    assert [one.seen for one in savings] == [list(range(1, STEPS))] * 3, "no step was made twice"
    assert_alike(fit_alone(made[1], loaded, savings[1]), expected[1])


def test_a_solo_checkpoint_is_gone_on_from_packed(cells: Callable[..., list[Cell]]) -> None:
    """The state of a run by itself fits a run together with others."""
    made = cells(("seed=0",), ("seed=1",))
    loaded = loaded_for(made[0])
    saving = StopsAt(4)
    with pytest.raises(StoppedError):
        fit_alone(made[0], loaded, saving)
    for cell, result in zip(made, fit_packed(made, loaded, [saving, NEVER]), strict=True):
        assert_alike(result, fit_alone(cell, loaded))
