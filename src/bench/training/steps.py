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
from bench.training.step import optimizer_step
from bench.training.validation import Validation, evaluation_steps

STEPS_AHEAD = 10
"""Steps that a GPU may run before the loop looks at their losses: each look waits for it."""

Batches = Callable[[int], Iterator[tuple[float, list[Batch]]]]
"""The batches of every step behind a number of steps, with the epochs done after each."""


@dataclass(kw_only=True)
class Steps:
    """Takes a state from its step to the last one."""

    state: State
    config: TrainConfig
    validation: Validation | None
    search: int
    """Number of first steps that a plugin searches in."""
    autocast: bool
    observe: Callable[[Progress], None]
    keep: Callable[[int], None] | None
    saving: Saving

    def run(self, batches: Batches) -> None:
        """Every step that is left."""
        state, fitted, steps = self.state, self.state.fitted, self.state.fitted.steps
        device = next(state.attached.model.parameters()).device
        ahead = 1 if device.type == "cpu" else STEPS_AHEAD
        peak = state.attached.method.optimizer.lr
        stops = evaluation_steps(steps, self.config.evaluations)
        self.observe(Progress(state.step, steps, None, 0.0, fitted.tokens))
        coming = batches(state.step)
        for step in range(state.step + 1, steps + 1):
            epoch, held = next(coming)
            factor = lr_factor(self.config, *phase(step, steps, self.search))
            lr = peak * factor * state.hooks.lr_factor(step)
            started = time.perf_counter()
            note_step(fitted, step, lr, self._step(step, lr / peak, held, device), held)
            if step % ahead == 0 or step == steps or step in stops:
                fitted.settle()
                self.observe(Progress(step, steps, fitted.loss, lr, fitted.tokens))
            fitted.step_seconds.append(time.perf_counter() - started)
            state.step = step
            if step in stops:
                self._look(step, epoch)
            if step < steps:
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

    def _step(self, step: int, factor: float, held: list[Batch], device: torch.device) -> Tensor:
        """One optimizer step; its loss stays on the device."""
        state = self.state
        set_lr(state.optimizer, factor)
        state.attached.model.train()
        cut = [part for one in held for part in one.cut(state.pieces)]
        rows = [batch.to(device) for batch in cut]
        state.hooks.begin(step, rows)
        return optimizer_step(
            state.attached,
            state.optimizer,
            state.hooks,
            rows,
            smoothing=self.config.label_smoothing,
            clip_norm=self.config.clip_norm,
            autocast=self.autocast,
        )

    def _look(self, step: int, epoch: float) -> None:
        """Measure the validation rows, and keep the tensors where they are the best so far."""
        state, fitted = self.state, self.state.fitted
        if self.validation is not None:
            started = time.perf_counter()
            measured = self.validation.measure()
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
        group["lr"] = factor * group.setdefault("peak_lr", group["lr"])


def note_step(fitted: Fit, step: int, lr: float, loss: Tensor, batches: Sequence[Batch]) -> None:
    """Add a step to the trace; its loss stays on the device until it is looked at."""
    fitted.trace.append({"step": step, "lr": lr})
    fitted.waiting.append(loss)
    fitted.tokens += sum(batch.tokens for batch in batches)
