"""One run's update behind a joint step: clipping and the optimizer's step, replayed on a GPU.

A step of AdamW over some hundred small tensors launches few kernels, but the processor takes
longer to prepare them than the GPU to run them, and there is one such step for every run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from torch import nn

from bench.packed.stepper import ShareStepper
from bench.replay import NotCapturedError, Recorder
from bench.training.batches import Batch


@dataclass(kw_only=True)
class ReplayedShare:
    """Replays the update as long as all that it reads and writes stays where it is."""

    eager: ShareStepper
    recorder: Recorder
    replaying: bool = True
    """Whether updates are recorded."""
    _trained: list[nn.Parameter] = field(init=False)
    _before: list[int] = field(default_factory=list)
    """Where the tensors of the update before were."""
    _recorded: tuple[list[int], Callable[[], None]] | None = None

    def __post_init__(self) -> None:
        """The tensors that are moved."""
        self._trained = list(self.eager.attached.trained().values())

    def place(self, batch: Batch) -> Batch:
        """As it is."""
        return self.eager.place(batch)

    def gradients(self, batches: Sequence[Batch]) -> NoReturn:
        """Not by itself."""
        self.eager.gradients(batches)

    def update(self) -> None:
        """Clip and step; gradients stay, and the next joint step replaces them."""
        where = self._where()
        if self._recorded is not None and self._recorded[0] == where:
            self._recorded[1]()
            return
        self.eager.clip_and_step()
        stays, self._before = where == self._before, where
        if stays and self.replaying:
            # Recorded behind a step that was carried out: a recording carries out nothing.
            try:
                self._recorded = where, self.recorder.record(self.eager.clip_and_step)
            except NotCapturedError:
                self.replaying = False

    def _where(self) -> list[int]:
        """Addresses of weights and gradients, and the optimizer's tensors by identity."""
        optimizer = self.eager.optimizer
        states = [optimizer.state.get(tensor) for tensor in self._trained]
        rates = [group["lr"] for group in optimizer.param_groups]
        tensors = [one for p in self._trained for one in (p, p.grad) if one is not None]
        return [*(tensor.data_ptr() for tensor in tensors), *map(id, [*states, *rates])]
