"""The arithmetic of an optimizer step: a seam, and the plain eager way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from bench.attach.attach import Attached
from bench.training.batches import Batch
from bench.training.hooks import Hooks


def mean_loss(
    model: PreTrainedModel, batches: Sequence[Batch], *, smoothing: float, autocast: bool
) -> Tensor:
    """Loss per target over `batches` together: a scalar with a graph."""
    targets = sum(batch.targets for batch in batches)
    with torch.autocast(
        next(model.parameters()).device.type, dtype=torch.bfloat16, enabled=autocast
    ):
        return torch.stack([b.summed_loss(model, smoothing) for b in batches]).sum() / targets


def summed_loss(
    model: PreTrainedModel, batch: Batch, *, smoothing: float = 0.0, autocast: bool
) -> Tensor:
    """Loss of a batch on the model's device, summed over its targets: a scalar."""
    with torch.autocast(
        next(model.parameters()).device.type, dtype=torch.bfloat16, enabled=autocast
    ):
        return batch.summed_loss(model, smoothing)


class Stepper(Protocol):
    """Computes gradients, and moves the trained tensors by them."""

    def place(self, batch: Batch) -> Batch:
        """Copy to the device, in the form that `gradients` takes."""

    def gradients(self, batches: Sequence[Batch]) -> Tensor:
        """Leave the gradient of the mean loss over `batches`; the loss, a detached scalar.

        The mean is over the targets of all batches together, so accumulation gives the
        same step as one large batch.
        """

    def update(self) -> None:
        """Clip the gradients, step the optimizer, and forget the gradients."""

    def validation_loss(self, batch: Batch) -> Tensor:
        """The summed loss of a batch that is on no device yet, without smoothing or a graph."""


@dataclass(frozen=True, kw_only=True)
class EagerStepper:
    """One operation after the other: what every faster way is compared with."""

    attached: Attached
    optimizer: torch.optim.Optimizer
    smoothing: float
    clip_norm: float | None
    autocast: bool
    """Whether matrix products run in bf16."""

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.attached.model.parameters()).device

    def place(self, batch: Batch) -> Batch:
        """Copy to the device."""
        return batch.to(self.device)

    def gradients(self, batches: Sequence[Batch]) -> Tensor:
        """Run each batch forward and backward; gradients add up."""
        targets = sum(batch.targets for batch in batches)
        total = torch.zeros((), device=self.device)
        for batch in batches:
            loss = self.loss_of(batch, targets)
            total += loss.detach()
            loss.backward()
        return total

    def loss_of(self, batch: Batch, targets: int | Tensor) -> Tensor:
        """The summed loss of one batch over the targets of the whole step."""
        model, smoothing = self.attached.model, self.smoothing
        return summed_loss(model, batch, smoothing=smoothing, autocast=self.autocast) / targets

    @torch.no_grad()
    def validation_loss(self, batch: Batch) -> Tensor:
        """Run a batch forward, as the model stands."""
        return summed_loss(self.attached.model, batch.to(self.device), autocast=self.autocast)

    def update(self) -> None:
        """Clip, step, forget."""
        self.clip_and_step()
        self.optimizer.zero_grad()

    def clip_and_step(self) -> None:
        """Clip the gradients, and move the trained tensors."""
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.attached.trained().values(), self.clip_norm)
        self.optimizer.step()


def finish_step(stepper: Stepper, hooks: Hooks) -> None:
    """From the gradients of the loss to the end of the step, with what the plugins do."""
    for term in hooks.extra_losses():
        term.backward()
    hooks.gradient()
    stepper.update()
    hooks.end()
