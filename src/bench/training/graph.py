"""The training step as CUDA graphs: the same operations, launched all at once.

A step of a small batch launches some thousand kernels that each run for microseconds, and the
processor takes longer to launch them than the GPU to run them. A graph records them once for
each shape of a batch and replays them: the same kernels in the same order on the same memory,
so the same digits.

    batch ► its graph: forward, loss, backward ► gradients ► plugins ► one graph: clip, optimizer

Gradients stand at fixed addresses. Each batch's graph adds to them, so that accumulation and
batches of different shapes need nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn

from bench.errors import ConfigError
from bench.models.dropout import acting_dropout
from bench.replay import NotCapturedError, Recorder
from bench.training.agreement import disagreement
from bench.training.batches import Batch
from bench.training.compiled import Compiling
from bench.training.fixed import FixedBatch, placed
from bench.training.replayed_loss import ReplayedLoss
from bench.training.shapes import Shape, copy_into, copy_on, shape_of
from bench.training.step import EagerStepper
from bench.training.update import ReplayedUpdate

Gradients = tuple[Tensor, list[Tensor]]
"""A loss, and its gradient of every trained tensor."""


@dataclass(frozen=True, kw_only=True)
class Captured:
    """Forward, loss and backward of batches of one shape."""

    replay: Callable[[], None]
    batch: FixedBatch
    """What it reads; values are copied into it."""
    targets: Tensor
    loss: Tensor
    """What it writes, beside the gradients."""

    def run(self, batch: FixedBatch, targets: int) -> Tensor:
        """Add the gradient of `batch` to the gradients; its loss, until the next run."""
        copy_into(self.batch, batch)
        self.targets.fill_(targets)
        self.replay()
        return self.loss


@dataclass(kw_only=True)
class GraphStepper:
    """Replays a step where it can; what it cannot, the eager stepper does."""

    eager: EagerStepper
    padding: int
    """Identifier of the padding token."""
    compiling: Compiling
    recorder: Recorder
    strict: bool = False
    """Whether what cannot be captured is an error."""
    replaying: bool = True
    """Whether steps are replayed, not launched one operation after the other."""
    reason: str | None = None
    """Why steps are not replayed, or not compiled, where that was wanted."""
    captured: dict[Shape, Captured] = field(default_factory=dict)
    _trained: list[nn.Parameter] = field(init=False)
    _gradients: list[Tensor] = field(init=False)
    _update: ReplayedUpdate = field(init=False)
    validating: ReplayedLoss = field(init=False)
    """Computes the losses of validation rows."""

    def __post_init__(self) -> None:
        """Gradients at addresses that stay."""
        self._trained = list(self.eager.attached.trained().values())
        self._gradients = [torch.zeros_like(tensor) for tensor in self._trained]
        self._update = ReplayedUpdate(eager=self.eager, recorder=self.recorder)
        self.validating = ReplayedLoss(
            eager=self.eager, padding=self.padding, recorder=self.recorder
        )

    def place(self, batch: Batch) -> Batch:
        """In a fixed shape, in memory that a GPU copies from by itself."""
        return placed(batch, self.padding, self.eager.device)

    def gradients(self, batches: Sequence[Batch]) -> Tensor:
        """Replay the graph of each batch; gradients add up."""
        if not self.replaying:
            return self.eager.gradients([batch.to(self.eager.device) for batch in batches])
        for tensor, gradient in zip(self._trained, self._gradients, strict=True):
            tensor.grad = gradient
        torch._foreach_zero_(self._gradients)
        targets = sum(batch.targets for batch in batches)
        total = torch.zeros((), device=self.eager.device)
        try:
            for batch in batches:
                total += self._loss(cast("FixedBatch", batch), targets)
        except NotCapturedError as error:
            self._do_without(str(error))
            return self.gradients(batches)
        return total

    def validation_loss(self, batch: Batch) -> Tensor:
        """Replay the graph of the batch's shape."""
        return self.validating(batch) if self.replaying else self.eager.validation_loss(batch)

    def update(self) -> None:
        """Clip and step; gradients stay to be read, and are forgotten by the next step."""
        if not self.replaying:
            self.eager.update()
            return
        self._update()
        if self._update.reason is not None:
            self._do_without(self._update.reason)

    def _loss(self, batch: FixedBatch, targets: int) -> Tensor:
        """The loss of one batch, from its graph, which is captured where there is none."""
        shape = shape_of(batch)
        if shape in self.captured:
            return self.captured[shape].run(batch, targets)
        before = [gradient.clone() for gradient in self._gradients]
        captured, (expected, found) = self._capture(batch, targets)
        loss = captured.run(batch, targets)
        torch._foreach_add_(before, found)
        same = [torch.equal(loss, expected), *map(torch.equal, self._gradients, before)]
        if not all(same):
            raise NotCapturedError("a replayed step gave other digits than the same step launched")
        self.captured[shape] = captured
        return loss

    def _capture(self, batch: FixedBatch, targets: int) -> tuple[Captured, Gradients]:
        """The graph of a batch's shape, and what the same operations give when launched."""
        device, model = self.eager.device, self.eager.attached.model
        held = copy_on(batch, device)
        divisor = torch.tensor(targets, device=device)
        loss = torch.zeros((), device=device)
        plain = self._plain(held, divisor) if self.compiling.wanted and not self.captured else None
        with self.compiling.active(model):
            prepared = self.compiling.prepared(held, model)

            def computed() -> Gradients:
                return self._computed(prepared, divisor)

            def added() -> None:
                value, gradients = computed()
                loss.copy_(value)
                torch._foreach_add_(self._gradients, gradients)

            expected = self.recorder.warm_up(computed)
            if plain is not None:
                self._compare(expected, plain)
            replay = self.recorder.record(added)
        return Captured(replay=replay, batch=held, targets=divisor, loss=loss), expected

    def _plain(self, batch: FixedBatch, targets: Tensor) -> Gradients:
        """Loss and gradients without compiled blocks; chance stays where it is."""
        device, model = self.eager.device, self.eager.attached.model
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            Compiling(wanted=False).active(model),
        ):
            return self._computed(batch, targets)

    def _compare(self, found: Gradients, plain: Gradients) -> None:
        """Do without compiled blocks that do not compute what the model computes."""
        masked = acting_dropout(self.eager.attached.model) is not None
        reason = disagreement(found[1], plain[1], masked=masked)
        if reason is not None:
            raise NotCapturedError(f"compiled blocks are not used: {reason}")

    def _computed(self, batch: FixedBatch, targets: Tensor) -> Gradients:
        """Forward, loss and backward of one batch."""
        loss = self.eager.loss_of(batch, targets)
        found = torch.autograd.grad(loss, self._trained, allow_unused=True)
        if any(gradient is None for gradient in found):
            # The optimizer passes over a tensor without a gradient; zeros would let it decay.
            raise NotCapturedError("the loss does not depend on every trained tensor")
        return loss.detach(), list(found)

    def _do_without(self, reason: str) -> None:
        """From here on compile no more or, where nothing is compiled, replay no more."""
        if self.strict:
            raise ConfigError(f"train.step=graph: {reason}; set train.step=auto")
        self.replaying = self.compiling.wanted
        self.compiling = Compiling(wanted=False)
        self.reason = reason
        self.captured.clear()
        for tensor in self._trained:
            tensor.grad = None
