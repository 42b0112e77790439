"""A run's update as a CUDA graph: clipping and the optimizer's step.

A step of AdamW over some hundred small tensors launches few kernels, but the processor takes
longer to prepare them than the GPU to run them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import nn

from bench.replay import NotCapturedError, Recorder
from bench.training.step import EagerStepper


@dataclass(kw_only=True)
class ReplayedUpdate:
    """Replays the update as long as all that it reads and writes stays where it is."""

    eager: EagerStepper
    recorder: Recorder
    reason: str | None = None
    """Why updates are not replayed."""
    _trained: list[nn.Parameter] = field(init=False)
    _before: list[int] = field(default_factory=list)
    """Where the tensors of the update before were."""
    _recorded: tuple[list[int], Callable[[], None]] | None = None

    def __post_init__(self) -> None:
        """The tensors that are moved."""
        self._trained = list(self.eager.attached.trained().values())

    def __call__(self) -> None:
        """Clip and step; gradients stay where they are."""
        where = self._where()
        if self._recorded is not None and self._recorded[0] == where:
            self._recorded[1]()
            return
        self.eager.clip_and_step()
        stays, self._before = where == self._before, where
        if stays and self.reason is None:
            # Recorded behind a step that was carried out: a recording carries out nothing.
            try:
                self._recorded = where, self.recorder.record(self.eager.clip_and_step)
            except NotCapturedError as error:
                self.reason = str(error)

    def _where(self) -> list[int]:
        """Addresses of weights and gradients, and the optimizer's tensors by identity."""
        optimizer = self.eager.optimizer
        states = [optimizer.state.get(tensor) for tensor in self._trained]
        rates = [group["lr"] for group in optimizer.param_groups]
        tensors = [one for p in self._trained for one in (p, p.grad) if one is not None]
        return [*(tensor.data_ptr() for tensor in tensors), *map(id, [*states, *rates])]
