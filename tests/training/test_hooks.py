"""Plugins in the loop: rows set aside, learning rates, memory, searches, the last word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from bench.attach.attach import Attached, attach
from bench.config import Cell
from bench.methods.plugin import Moment, Plugin
from bench.training import loop
from bench.training.fitted import Fit
from bench.training.hooks import phase, search_steps, set_aside
from bench.training.step import EagerStepper
from bench.training.text import tokenise

ROWS = list(range(40))
PLAIN = ("train.batch_size=2", "train.warmup_steps=0", "train.warmup_ratio=0.0")


class Holds(Plugin):
    """Wants a fraction of the rows."""

    def __init__(self, fraction: float) -> None:
        self.fraction = fraction

    @property
    def held_out(self) -> float:
        return self.fraction


def test_rows_set_aside_depend_on_the_seed_alone() -> None:
    """Disjoint, nothing lost, the wished number, the largest wish; another seed, other rows."""
    kept, aside = set_aside(ROWS, [Holds(0.25), Holds(0.1)], seed=0)
    assert (len(kept), len(aside)) == (30, 10)
    assert sorted(kept + aside) == ROWS
    assert set_aside(ROWS, [Holds(0.25)], seed=0) == (kept, aside)
    assert set_aside(ROWS, [Holds(0.25)], seed=1)[1] != aside
    assert set_aside(ROWS, [Holds(0.0)], seed=0) == (ROWS, [])
    assert [len(part) for part in set_aside(ROWS[:2], [Holds(0.999)], seed=0)] == [1, 1]


def test_a_search_has_a_schedule_of_its_own() -> None:
    """Of ten steps four search: 1 … 4 of 4, then 1 … 6 of 6; never more than there are."""

    class Searches(Plugin):
        def search_steps(self, steps: int) -> int:
            return 4

    assert search_steps([Plugin(), Searches()], 10) == 4
    assert search_steps([Searches()], 3) == 3
    assert search_steps([Plugin()], 10) == search_steps([], 10) == 0
    phases = [phase(step, 10, 4) for step in range(1, 11)]
    assert phases == [(s, 4) for s in range(1, 5)] + [(s, 6) for s in range(1, 7)]
    assert [phase(step, 10, 0) for step in (1, 10)] == [(1, 10), (10, 10)]


@pytest.fixture
def run(
    compose_cell: Callable[..., Cell], tiny_model: Callable[..., Any]
) -> Callable[..., tuple[Attached, Fit]]:
    """Fit 16 rows in batches of 2, with the plugins given beside the overrides."""

    def fitted(plugins: Sequence[Plugin] | None, *overrides: str) -> tuple[Attached, Fit]:
        cell, loaded = compose_cell(*PLAIN, *overrides), tiny_model()
        method = cell.method if plugins is None else replace(cell.method, plugins=tuple(plugins))
        made = attach(loaded.model, method, cell.seed)

        (file,) = cell.task.files["train"]
        examples = cell.task.examples(cell.task.synthetic(file)[:16])
        return made, loop.fit(
            made, tokenise(loaded.tokenizer, examples, 512), None, cell.train, seed=cell.seed,
            padding=0, autocast=False, observe=lambda _: None,
        )  # fmt: skip

    return fitted


def test_learning_rate_factors_multiply(run: Callable[..., tuple[Attached, Fit]]) -> None:
    """Plugins with 1/2 and 1/step give the schedule's rate times both."""

    class Half(Plugin):
        def lr_factor(self, step: int, steps: int) -> float:
            return 0.5

    class Falling(Plugin):
        def lr_factor(self, step: int, steps: int) -> float:
            return 1 / step

    options = ("train.steps=4", "train.schedule=constant", "method.optimizer.lr=0.01")
    _, fit = run([Half(), Falling()], *options)
    assert [entry["lr"] for entry in fit.trace] == pytest.approx([0.005 / s for s in range(1, 5)])


def test_autolora_searches_on_some_rows_and_trains_on_all(
    run: Callable[..., tuple[Attached, Fit]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 of 16 rows train λ only while it is searched; the linear schedule begins again."""
    seen: list[list[tuple[int, ...]]] = []

    real = EagerStepper.gradients

    def spied(stepper: EagerStepper, batches: Any) -> Any:
        seen.append([tuple(row.tolist()) for batch in batches for row in batch.ids])
        return real(stepper, batches)

    monkeypatch.setattr(EagerStepper, "gradients", spied)
    made, fit = run(None, "method=autolora", "train.steps=16", "method.optimizer.lr=0.01")
    rates = [entry["lr"] / 0.01 for entry in fit.trace]
    assert rates == pytest.approx([1 - s / 8 for s in range(8)] * 2)

    def different(steps: list[list[tuple[int, ...]]]) -> int:
        return len({tuple(token for token in row if token) for rows in steps for row in rows})

    assert different(seen[:8]) <= 8 < different(seen[8:])
    state = made.state()
    searching = [tensor for name, tensor in state.items() if name.endswith(".searching")]
    assert searching
    assert not torch.cat(searching).any()


def test_memory_is_each_plugins_own(run: Callable[..., tuple[Attached, Fit]]) -> None:
    """Two plugins of one kind count apart, and each keeps its count from step to step."""

    class Counts(Plugin):
        def __init__(self, by: int) -> None:
            self.by, self.seen = by, list[int]()

        def step_end(self, now: Moment) -> None:
            now.memory["count"] = now.memory.get("count", 0) + self.by
            self.seen.append(now.memory["count"])

    one, ten = Counts(1), Counts(10)
    run([one, ten], "train.steps=3")
    assert (one.seen, ten.seen) == ([1, 2, 3], [10, 20, 30])


def test_finalize_has_the_last_word(run: Callable[..., tuple[Attached, Fit]]) -> None:
    """It acts on the tensors of the best validation loss, which are put back before it."""

    class Ends(Plugin):
        def finalize(self, now: Moment) -> None:
            for parameter in now.model.parameters():
                if parameter.requires_grad:
                    parameter.data.fill_(7.0)

    options = ("train.steps=2", "train.evaluations=2", "train.select=best")
    made, _ = run([Ends()], *options)
    assert all(bool((tensor == 7).all()) for tensor in made.state().values())


def test_rows_that_were_not_held_out_cannot_be_asked_for(
    run: Callable[..., tuple[Attached, Fit]],
) -> None:
    """A plugin that forgets to set rows aside is told so."""

    class Asks(Plugin):
        def step_begin(self, now: Moment) -> None:
            now.held_out_loss()

    with pytest.raises(RuntimeError, match="rows it did not hold out"):
        run([Asks()], "train.steps=1")
