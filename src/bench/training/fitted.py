"""What training tells while it runs, and what it leaves."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from bench.training.divergence import check_loss


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
    splits: list[dict[str, int]] = field(default_factory=list)
    """step, pieces: where batches were cut into more parts because the memory was full."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Time beside the steps: validate, checkpoint."""
    stepping: dict[str, Any] = field(default_factory=dict)
    """In which way steps were computed: step, compiled, and the reason where it was another."""
    waiting: list[Tensor] = field(default_factory=list)
    """Losses of the last steps, still on the device."""

    def spent(self, phase: str, seconds: float) -> None:
        """Add to the time of a phase."""
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds

    @property
    def step_ms_median(self) -> float | None:
        """Median duration of one step, in milliseconds."""
        return 1000 * statistics.median(self.step_seconds) if self.step_seconds else None

    @property
    def loss(self) -> float | None:
        """The newest loss that was looked at."""
        return self.trace[len(self.trace) - len(self.waiting) - 1]["loss"] if self.trace else None

    def timed(self, seconds: float, steps: int) -> None:
        """Note the duration of a step, at whose end the last `steps` steps were waited for.

        A GPU runs behind the loop, so only together do they tell how long each of them took.
        """
        self.step_seconds.append(seconds)
        if steps > 1:
            mean = sum(self.step_seconds[-steps:]) / steps
            self.step_seconds[-steps:] = [mean] * steps

    def settle(self) -> int:
        """Copy the waiting losses into the trace; their number.

        A DivergedError where training diverged.
        """
        if not self.waiting:
            return 0
        first = len(self.trace) - len(self.waiting)
        for index, value in enumerate(torch.stack(self.waiting).tolist(), start=first):
            self.trace[index]["loss"] = value
            check_loss(self.trace, index, self.history)
        self.waiting.clear()
        return len(self.trace) - first
