"""Joint steps as CUDA graphs: recorded once for each shape of a joint batch, and replayed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from bench.packed.batches import PackedText
from bench.packed.stepper import PackedStepper
from bench.replay import NotCapturedError, Recorder
from bench.training.batches import Batch
from bench.training.shapes import Shape, copy_into, copy_on, shape_of


@dataclass(frozen=True, kw_only=True)
class CapturedStep:
    """Forward, losses and backward of joint batches of one shape."""

    replay: Callable[[], None]
    batch: PackedText
    """What it reads; values are copied into it."""
    losses: Tensor
    """What it writes, beside the gradients, which it adds to."""

    def run(self, batch: PackedText) -> Tensor:
        """Add the gradients of `batch`; its losses, until the next run."""
        copy_into(self.batch, batch)
        self.replay()
        return self.losses


@dataclass(kw_only=True)
class CapturedStepper:
    """Replays joint steps where it can; what it cannot, the eager stepper does."""

    eager: PackedStepper
    recorder: Recorder
    reason: str | None = None
    """Why steps are not replayed."""
    captured: dict[Shape, CapturedStep] = field(default_factory=dict)
    _gradients: list[Tensor] = field(init=False)

    def __post_init__(self) -> None:
        """Gradients at addresses that stay."""
        self._gradients = [torch.zeros_like(leaf) for leaf, _ in self.eager.joint.leaves]

    def gradients(self, batches: Sequence[Sequence[Batch]]) -> Tensor:
        """Replay the graph of each joint batch; gradients add up."""
        if self.reason is not None:
            return self.eager.gradients(batches)
        torch._foreach_zero_(self._gradients)
        total = torch.zeros(len(batches), device=self.eager.joint.device)
        try:
            for batch in self.eager.place(batches):
                total += self._losses(batch)
        except NotCapturedError as error:
            self.reason = str(error)
            self.captured.clear()
            return self.eager.gradients(batches)
        self.eager.joint.hand_out(self._gradients)
        return total

    def _losses(self, batch: PackedText) -> Tensor:
        """The losses of one joint batch, from its graph, which is captured where there is none."""
        shape = shape_of(batch)
        if shape in self.captured:
            return self.captured[shape].run(batch)
        before = [gradient.clone() for gradient in self._gradients]
        captured, (expected, found) = self._capture(batch)
        losses = captured.run(batch)
        torch._foreach_add_(before, found)
        same = [torch.equal(losses, expected), *map(torch.equal, self._gradients, before)]
        if not all(same):
            raise NotCapturedError("a replayed step gave other digits than the same step launched")
        self.captured[shape] = captured
        return losses

    def _capture(self, batch: PackedText) -> tuple[CapturedStep, tuple[Tensor, list[Tensor]]]:
        """The graph of a batch's shape, and what the same operations give when launched."""
        device = self.eager.joint.device
        held = copy_on(batch, device)
        losses = torch.zeros(batch.targets.shape, device=device)

        def added() -> None:
            values, gradients = self.eager.computed(held)
            losses.copy_(values)
            torch._foreach_add_(self._gradients, gradients)

        expected = self.recorder.warm_up(lambda: self.eager.computed(held))
        replay = self.recorder.record(added)
        return CapturedStep(replay=replay, batch=held, losses=losses), expected
