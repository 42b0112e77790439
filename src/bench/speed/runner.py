"""One way of a method, and passes of training steps in it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from bench.attach.attach import Attached
from bench.speed.peak import wait_for
from bench.speed.results import Memory
from bench.speed.settings import WayName
from bench.training.batches import Batch
from bench.training.hooks import Hooks
from bench.training.step import finish_step
from bench.training.steppers import Chosen


@dataclass(kw_only=True)
class MemoryGauge:
    """What a way takes on the GPU, other ways left out: its model, and all that comes from here on.

    Nothing on a CPU, where no allocator tells.
    """

    device: torch.device
    model: int
    """Bytes of the way's model, which is there already; its frozen weights are others' too."""
    _before: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Note what is taken by now."""
        if self.device.type == "cuda":
            wait_for(self.device)
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
            self._before = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()

    def peak(self) -> Memory | None:
        """The peaks so far."""
        if self.device.type != "cuda":
            return None
        allocated, reserved = self._before
        return Memory(
            allocated_peak=torch.cuda.max_memory_allocated() - allocated + self.model,
            reserved_peak=torch.cuda.max_memory_reserved() - reserved + self.model,
        )


@dataclass(kw_only=True)
class Runner:
    """Takes steps over the same batches again and again."""

    way: WayName
    attached: Attached
    chosen: Chosen
    hooks: Hooks
    batches: Sequence[Batch]
    gauge: MemoryGauge
    seconds: list[float] = field(default_factory=list)
    """Of every measured pass."""
    memory: Memory | None = None
    """After the warm-up: what is measured later stands beside other ways."""
    _losses: list[Tensor] = field(default_factory=list)

    def warm_up(self, passes: int) -> None:
        """Passes without a clock, in which kernels are chosen and graphs captured."""
        for _ in range(passes):
            self.run()
        self.memory = self.gauge.peak()

    def run(self) -> None:
        """One pass."""
        stepper = self.chosen.stepper
        for batch in self.batches:
            self.attached.model.train()
            rows = [stepper.place(batch)]
            self.hooks.begin(len(self._losses) + 1, rows)
            self._losses.append(stepper.gradients(rows))
            finish_step(stepper, self.hooks)

    def measure(self) -> None:
        """One pass; the device has nothing to do before and behind it."""
        wait_for(self.gauge.device)
        started = time.perf_counter()
        self.run()
        wait_for(self.gauge.device)
        self.seconds.append(time.perf_counter() - started)

    @property
    def losses(self) -> list[float]:
        """Of every step so far, those of the warm-up included."""
        return torch.stack(self._losses).tolist() if self._losses else []

    @property
    def reason(self) -> str | None:
        """Why steps are not what the way is named after, as far as is known by now."""
        if self.way not in {"graph", "compiled"}:
            return None
        facts = self.chosen.facts
        as_named = facts["step"] == "graph" and facts["compiled"] == (self.way == "compiled")
        return None if as_named else str(facts["reason"])


def finite(losses: Sequence[float]) -> tuple[float | None, ...]:
    """Losses as JSON has them."""
    return tuple(loss if math.isfinite(loss) else None for loss in losses)
