"""The loop: learning, determinism, best and last, divergence, hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch

from bench.attach.attach import Attached, adapted_maps, attach
from bench.config import Cell
from bench.errors import DivergedError
from bench.methods.plugin import Moment, Plugin
from bench.training.fitted import Fit, Progress
from bench.training.loop import fit
from bench.training.step import summed_loss
from bench.training.text import TextLine, tokenise
from bench.training.validation import Validation, by_loss, evaluation_steps


class Run:
    """A tiny cell that can be fitted in a line."""

    def __init__(self, cell: Cell, loaded: Any) -> None:
        self.cell, self.tokenizer = cell, loaded.tokenizer
        self.attached = attach(loaded.model, cell.method, cell.seed)
        self.seen: list[Progress] = []

    def lines(self, split: str, count: int) -> list[TextLine]:
        task = self.cell.task
        (file,) = task.files[split]  # type: ignore[index]
        return tokenise(self.tokenizer, task.examples(task.synthetic(file)[:count]), 512)

    def fit(self) -> Fit:
        return fit(
            self.attached, self.lines("train", 16), self.validation(),
            self.cell.train, seed=self.cell.seed, padding=0, autocast=False,
            observe=self.seen.append,
        )  # fmt: skip

    def validation(self) -> Validation:
        return by_loss(self.attached.model, self.lines("validation", 4), 2, 0)

    def measured(self) -> float:
        """The loss as the model stands."""
        loss_of = partial(summed_loss, self.attached.model, autocast=False)
        return self.validation().measure(loss_of)["loss"]


@pytest.fixture
def make(compose_cell: Callable[..., Cell], tiny_model: Callable[..., Any]) -> Callable[..., Run]:
    """A run from overrides."""
    return lambda *overrides: Run(compose_cell(*overrides), tiny_model())


def test_learns_and_tells(make: Callable[..., Run]) -> None:
    """Loss falls, every step is in the trace, the observer hears of each on a CPU."""
    run = make("method=ft", "train.steps=30", "method.optimizer.lr=0.01", "train.evaluations=3")
    fitted = run.fit()
    losses = [entry["loss"] for entry in fitted.trace]
    assert len(losses) == 30
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
    assert [entry["step"] for entry in fitted.history] == [10, 20, 30]
    assert fitted.history[-1]["epoch"] == pytest.approx(30 * 2 / 16)
    assert [progress.step for progress in run.seen] == list(range(31))
    assert run.seen[-1].loss == losses[-1]
    assert fitted.step_ms_median is not None


def test_same_seed_same_result(make: Callable[..., Run]) -> None:
    """Two runs of one cell end with identical tensors and losses, dropout included."""
    options = ("train.steps=5", "method.dropout=0.2")
    first, second, other = make(*options), make(*options), make(*options, "seed=1")
    traces = [run.fit().trace for run in (first, second, other)]
    assert traces[0] == traces[1]
    assert traces[0] != traces[2]
    state = second.attached.state()
    assert all(torch.equal(t, state[name]) for name, t in first.attached.state().items())


class Ruin(Plugin):
    """Multiplies what trains by a factor behind one step."""

    def __init__(self, step: int, factor: float) -> None:
        self.step, self.factor = step, factor

    def step_end(self, now: Moment) -> None:
        if now.step == self.step:
            for trained in (p for p in now.model.parameters() if p.requires_grad):
                trained.data.mul_(self.factor)


def ruined(run: Run, step: int, factor: float) -> Run:
    """The run, ruined behind a step."""
    return plugged(run, Ruin(step, factor))


def plugged(run: Run, plugin: Plugin) -> Run:
    """The run with one more plugin."""
    method = replace(run.cell.method, plugins=(*run.cell.method.plugins, plugin))
    run.attached = Attached(run.attached.model, method, frozenset())
    return run


def test_best_puts_back_the_lowest_validation_loss(make: Callable[..., Run]) -> None:
    """Where the last step ruins the model, best returns to the earlier, better tensors."""
    options = ("train.steps=12", "train.evaluations=12")
    best, last = (
        ruined(make(*options, f"train.select={select}"), 12, 1e3) for select in ("best", "last")
    )
    history = best.fit().history
    last.fit()
    lowest = min(entry["loss"] for entry in history)
    assert lowest < history[-1]["loss"]
    assert best.measured() == pytest.approx(lowest)
    assert last.measured() == pytest.approx(history[-1]["loss"])


def test_best_is_looked_for_where_the_adapter_is_settled(make: Callable[..., Run]) -> None:
    """Where a step ruins the model, best still has no more components than AdaLoRA's budget."""
    run = make("method=adalora", "train.steps=6", "train.evaluations=6", "train.select=best",
               "train.warmup_steps=0", "train.schedule=constant",
               "method.plugins.rank_allocation.final_warmup=0.2")  # fmt: skip
    history = ruined(run, 5, 1e2).fit().history
    assert min(history, key=lambda entry: entry["loss"])["step"] < 5
    maps = adapted_maps(run.attached.model).values()
    assert sum(int((layer.adapter["e"] != 0).sum()) for layer in maps) <= 8 * len(maps)


def test_the_better_measure_wins_and_the_first_of_equals() -> None:
    """Higher or lower, by the measure that chooses; an equal one is no improvement."""
    accuracy = Validation(measure=dict, chosen_by="accuracy", better="higher")
    loss = Validation(measure=dict)
    old, new = {"loss": 1.0, "accuracy": 0.5}, {"loss": 2.0, "accuracy": 0.6}
    assert accuracy.improves(new, old)
    assert not loss.improves(new, old)
    assert loss.improves(old, new)
    assert not accuracy.improves(old, dict(old))
    assert loss.improves(new, None)


@pytest.mark.parametrize(
    ("poisoned", "message"),
    [
        (4, r"nan at step 5 .* lower method.optimizer.lr"),
        (9, r"not finite numbers after the last step; lower method.optimizer.lr"),
    ],
)
def test_divergence_is_told(poisoned: int, message: str, make: Callable[..., Run]) -> None:
    """A loss that is not finite names its step; the last update is looked at as well."""
    run = ruined(make("train.steps=9", "train.evaluations=0"), poisoned, float("nan"))
    with pytest.raises(DivergedError, match=message):
        run.fit()


def test_plugins_are_called_in_order(make: Callable[..., Run]) -> None:
    """Each hook fires once a step, and the extra loss reaches the gradient."""
    calls: list[str] = []

    class Spy(Plugin):
        """Notes every call."""

        def step_begin(self, now: Moment) -> None:
            calls.append(f"begin {now.step}")

        def extra_loss(self, now: Moment) -> torch.Tensor:
            calls.append("extra")
            return 1e3 * sum(p.sum() for p in now.model.parameters() if p.requires_grad)  # type: ignore[return-value]

        def gradient(self, now: Moment) -> None:
            smallest = min(
                float(p.grad.min()) for p in now.model.parameters() if p.grad is not None
            )
            calls.append(f"gradient {smallest > 500}")

        def step_end(self, now: Moment) -> None:
            calls.append(f"end {now.step}")

        def finalize(self, now: Moment) -> None:
            calls.append("finalize")

    plugged(make("train.steps=2"), Spy()).fit()
    step = ["extra", "gradient True"]
    assert calls == ["begin 1", *step, "end 1", "begin 2", *step, "end 2", "finalize"]


def test_no_steps_leaves_the_start(make: Callable[..., Run]) -> None:
    """train.steps=0 evaluates the untrained model."""
    run = make("train.steps=0")
    before = run.attached.state()
    assert run.fit().trace == []
    assert all(torch.equal(t, before[name]) for name, t in run.attached.state().items())


def test_evaluations_are_spread_and_end_at_the_end() -> None:
    """Three of them in ten steps; more than there are steps, one a step; none for none."""
    assert sorted(evaluation_steps(10, 3)) == [3, 7, 10]
    assert sorted(evaluation_steps(2, 5)) == [1, 2]
    assert evaluation_steps(10, 0) == frozenset()
