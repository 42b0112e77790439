"""What training tells while it runs, and what it leaves."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from bench.errors import DivergedError


@dataclass(frozen=True)
class Progress:
    """What an observer of training is told."""

    step: int
    """Optimizer steps done; 0 when training begins."""
    steps: int
    loss: float | None
    lr: float
    tokens: int
    """Real tokens trained on so far."""


@dataclass
class Fit:
    """What training leaves besides the trained tensors."""

    steps: int
    history: list[dict[str, Any]] = field(default_factory=list)
    """step, epoch, split, loss of every validation pass."""
    trace: list[dict[str, float]] = field(default_factory=list)
    """step, lr, loss of every step."""
    step_seconds: list[float] = field(default_factory=list)
    tokens: int = 0
    waiting: list[Tensor] = field(default_factory=list)
    """Losses of the last steps, still on the device."""

    @property
    def step_ms_median(self) -> float | None:
        """Median duration of one step, in milliseconds."""
        return 1000 * statistics.median(self.step_seconds) if self.step_seconds else None

    @property
    def loss(self) -> float | None:
        """The newest loss that was looked at."""
        return self.trace[len(self.trace) - len(self.waiting) - 1]["loss"] if self.trace else None

    def settle(self) -> None:
        """Copy the waiting losses into the trace; a DivergedError where one is not finite."""
        first = len(self.trace) - len(self.waiting)
        for index, value in enumerate(torch.stack(self.waiting).tolist(), start=first):
            entry = self.trace[index]
            entry["loss"] = value
            if not math.isfinite(value):
                before = self.trace[index - 1]["loss"] if index else "none"
                raise DivergedError(
                    f"the loss is {value} at step {entry['step']} (learning rate "
                    f"{entry['lr']:.3g}, loss of the step before: {before}); "
                    "lower method.optimizer.lr or set train.clip_norm=1.0"
                )
        self.waiting.clear()
