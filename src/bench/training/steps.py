"""The steps of a training, and what is done between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bench.config import TrainConfig
from bench.training.batches import Batch
from bench.training.fitted import Fit, Progress
from bench.training.hooks import phase, settled
from bench.training.saving import Saving
from bench.training.schedule import lr_factor
from bench.training.state import State
from bench.training.step import Stepper, finish_step
from bench.training.validation import Validation, evaluation_steps

STEPS_AHEAD = 10
"""Steps that a GPU may run before the loop looks at their losses: each look waits for it."""

Batches = Callable[[int], Iterator[tuple[float, list[Batch]]]]
"""The batches of every step behind a number of steps, with the epochs done after each."""


@dataclass(kw_only=True)
class Steps:
    """Takes a state from its step to the last one."""

    state: State
    stepper: Stepper
    config: TrainConfig
    validation: Validation | None
    search: int
    """Number of first steps that a plugin searches in."""
    observe: Callable[[Progress], None]
    keep: Callable[[int], None] | None
    saving: Saving

    def run(self, batches: Batches) -> None:
        """Every step that is left."""
        state, fitted = self.state, self.state.fitted
        self.observe(Progress(state.step, fitted.steps, None, 0.0, fitted.tokens))
        coming = batches(state.step)
        while state.step < fitted.steps:
            epoch, held = next(coming)
            started = time.perf_counter()
            loss = self.stepper.gradients(self.begin(held))
            self.finish(held, loss, started)
            self.between(epoch)

    def begin(self, held: Sequence[Batch]) -> list[Batch]:
        """Everything before the gradients of the next step; its batches, on the device."""
        state, step = self.state, self.state.step + 1
        set_lr(state.optimizer, self._lr(step) / self._peak)
        if not state.attached.model.training:  # as behind each validation; it visits every module
            state.attached.model.train()
        rows = [self.stepper.place(part) for one in held for part in one.cut(state.pieces)]
        state.hooks.begin(step, rows)
        return rows

    def finish(self, held: Sequence[Batch], loss: Tensor, started: float) -> None:
        """Everything behind the gradients of the next step, which began at `started`."""
        state, fitted, step = self.state, self.state.fitted, self.state.step + 1
        finish_step(self.stepper, state.hooks)
        note_step(fitted, step, self._lr(step), loss, held)
        ahead = 1 if loss.device.type == "cpu" else STEPS_AHEAD
        waited_for = 0
        if step % ahead == 0 or step == fitted.steps or step in self._stops:
            waited_for = fitted.settle()
            self.observe(Progress(step, fitted.steps, fitted.loss, self._lr(step), fitted.tokens))
        fitted.timed(time.perf_counter() - started, waited_for)
        state.step = step

    def between(self, epoch: float) -> None:
        """What is done between two steps, `epoch` passes over the rows being done."""
        state, fitted, step = self.state, self.state.fitted, self.state.step
        if step in self._stops:
            self._look(step, epoch)
        if step < fitted.steps:
            started = time.perf_counter()
            self.saving.between(step, state.capture)
            fitted.spent("checkpoint", time.perf_counter() - started)

    def split(self, start: Any) -> None:
        """Go back to the newest state, or to `start`, and cut batches into twice the parts."""
        state, pieces = self.state, 2 * self.state.pieces
        state.optimizer.zero_grad()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        state.restore(self.saving.newest() or start)
        state.pieces = pieces
        state.fitted.splits.append({"step": state.step, "pieces": pieces})

    @property
    def _peak(self) -> float:
        """Highest learning rate of the schedule."""
        return self.state.attached.method.optimizer.lr

    @property
    def _stops(self) -> frozenset[int]:
        """Steps with a validation pass behind them."""
        return evaluation_steps(self.state.fitted.steps, self.config.evaluations)

    def _lr(self, step: int) -> float:
        """Learning rate of a step, as the schedule and the plugins have it."""
        factor = lr_factor(self.config, *phase(step, self.state.fitted.steps, self.search))
        return self._peak * factor * self.state.hooks.lr_factor(step)

    def _look(self, step: int, epoch: float) -> None:
        """Measure the validation rows, and keep the tensors where they are the best so far."""
        state, fitted = self.state, self.state.fitted
        if self.validation is not None:
            started = time.perf_counter()
            measured = self.validation.measure(self.stepper.validation_loss)
            fitted.spent("validate", time.perf_counter() - started)
            fitted.history.append({"step": step, "epoch": epoch, "split": "validation", **measured})
            first = settled(state.attached.method.plugins, fitted.steps)
            wanted = self.config.select == "best" and step >= first
            if wanted and self.validation.improves(measured, state.best):
                state.best, state.kept = measured, state.attached.state()
        if self.keep is not None:
            self.keep(step)


def set_lr(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set each group's learning rate to `factor` of its peak."""
    for group in optimizer.param_groups:
        lr = factor * group["peak_lr"]
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


def note_step(fitted: Fit, step: int, lr: float, loss: Tensor, batches: Sequence[Batch]) -> None:
    """Add a step to the trace; its loss stays on the device until it is looked at."""
    fitted.trace.append({"step": step, "lr": lr})
    fitted.waiting.append(loss)
    fitted.tokens += sum(batch.tokens for batch in batches)
