"""Losses of validation rows as CUDA graphs, which share the memory of the steps' graphs.

A forward pass of a small model is bound by launching its kernels too, and the passes over the
validation rows together are as many as a good part of the steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from bench.errors import is_out_of_memory
from bench.replay import NotCapturedError, Recorder
from bench.training.batches import Batch
from bench.training.compiled import Compiling
from bench.training.fixed import FixedBatch, placed
from bench.training.shapes import Shape, copy_into, copy_on, shape_of
from bench.training.step import EagerStepper


@dataclass(frozen=True, kw_only=True)
class CapturedLoss:
    """The loss of batches of one shape."""

    replay: Callable[[], None]
    batch: FixedBatch
    """What it reads; values are copied into it."""
    loss: Tensor
    """What it writes."""

    def run(self, batch: FixedBatch) -> Tensor:
        """The loss of `batch`, a tensor of its own."""
        copy_into(self.batch, batch)
        self.replay()
        return self.loss.clone()


@dataclass(kw_only=True)
class ReplayedLoss:
    """Replays the loss of a batch where it can; what it cannot, the eager stepper computes."""

    eager: EagerStepper
    padding: int
    """Identifier of the padding token."""
    recorder: Recorder
    reason: str | None = None
    """Why losses are not replayed."""
    _captured: dict[Shape, CapturedLoss] = field(default_factory=dict)

    def __call__(self, batch: Batch) -> Tensor:
        """The summed loss of a batch, without smoothing, as the model stands."""
        if self.reason is None:
            try:
                return self._loss(placed(batch, self.padding, self.eager.device))
            except NotCapturedError as error:
                self._do_without(str(error))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._do_without("out of memory")
        return self.eager.validation_loss(batch)

    def _do_without(self, reason: str) -> None:
        """From here on replay no more."""
        self.reason = f"validation is launched: {reason}"
        self._captured.clear()

    def _loss(self, batch: FixedBatch) -> Tensor:
        """From its graph, which is captured where there is none, and compared."""
        shape = shape_of(batch)
        if shape in self._captured:
            return self._captured[shape].run(batch)
        captured, expected = self._capture(batch)
        found = captured.run(batch)
        if not torch.equal(found, expected):
            raise NotCapturedError("a replayed loss has other digits than the same loss launched")
        self._captured[shape] = captured
        return found

    def _capture(self, batch: FixedBatch) -> tuple[CapturedLoss, Tensor]:
        """The graph of a batch's shape, and what the same operations give when launched."""
        device = self.eager.device
        held, loss = copy_on(batch, device), torch.zeros((), device=device)

        def computed() -> Tensor:
            return self.eager.validation_loss(held)

        def written() -> None:
            loss.copy_(computed())

        with Compiling(wanted=False).active(self.eager.attached.model):
            expected = self.recorder.warm_up(computed)
            replay = self.recorder.record(written)
        return CapturedLoss(replay=replay, batch=held, loss=loss), expected
