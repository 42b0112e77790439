"""One run's update behind a joint step, replayed on a GPU: there is one for every run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from torch import Tensor

from bench.packed.stepper import ShareStepper
from bench.replay import Recorder
from bench.training.batches import Batch
from bench.training.update import ReplayedUpdate


@dataclass(kw_only=True)
class ReplayedShare:
    """A share whose update is replayed."""

    eager: ShareStepper
    recorder: Recorder
    _update: ReplayedUpdate = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is recorded yet."""
        self._update = ReplayedUpdate(eager=self.eager, recorder=self.recorder)

    def place(self, batch: Batch) -> Batch:
        """As it is."""
        return self.eager.place(batch)

    def gradients(self, batches: Sequence[Batch]) -> NoReturn:
        """Not by itself."""
        self.eager.gradients(batches)

    def validation_loss(self, batch: Batch) -> Tensor:
        """As launched: every run would need graphs of its own."""
        return self.eager.validation_loss(batch)

    def update(self) -> None:
        """Clip and step; gradients stay, and the next joint step replaces them."""
        self._update()
