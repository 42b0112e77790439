"""The joint forward and backward pass of many runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import torch
from torch import Tensor, nn

from bench.models.compiled import aligned_head
from bench.packed.batches import PackedText, packed_text
from bench.packed.joint import Joint
from bench.training.batches import Batch
from bench.training.step import EagerStepper
from bench.training.text import TextBatch


@dataclass(frozen=True, kw_only=True)
class ShareStepper(EagerStepper):
    """One run's part of a joint step: its update. Its gradients come from the joint pass."""

    def place(self, batch: Batch) -> Batch:
        """As it is: the rows of all runs go to the device together."""
        return batch

    def gradients(self, batches: Sequence[Batch]) -> NoReturn:
        """Not by itself."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class PackedStepper:
    """Computes the gradients of one step of every run."""

    joint: Joint
    lines: int
    """Lines of each run in a joint batch."""
    padding: int
    """Identifier of the padding token."""
    smoothing: float
    autocast: bool
    """Whether matrix products run in bf16."""
    rounded: bool
    """Whether joint batches have one of a few shapes, which costs padding."""
    _leaves: list[Tensor] = field(init=False)
    """The tensors that gradients are taken of."""
    _head: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        """Find the tensors, and make the head."""
        object.__setattr__(self, "_leaves", [leaf for leaf, _ in self.joint.leaves])
        object.__setattr__(self, "_head", aligned_head(self.joint.model))

    def place(self, batches: Sequence[Sequence[Batch]]) -> list[PackedText]:
        """The batches of one step of each run, as joint batches on the CPU."""
        targets = [sum(batch.targets for batch in own) for own in batches]
        placed = []
        for one in zip(*batches, strict=True):
            texts = [batch for batch in one if isinstance(batch, TextBatch)]
            if len(texts) < len(one):
                raise TypeError(f"{type(one[0]).__name__}: not a batch of a generation task")
            placed.append(
                packed_text(texts, targets, self.lines, self.padding, rounded=self.rounded)
            )
        return placed

    def gradients(self, batches: Sequence[Sequence[Batch]]) -> Tensor:
        """Leave the gradients of every run's mean loss with its tensors; the losses (K,)."""
        device = self.joint.device
        losses = torch.zeros(len(batches), device=device)
        total: list[Tensor] | None = None
        for batch in self.place(batches):
            placed = batch.with_tensors([tensor.to(device) for tensor in batch.tensors])
            more, found = self.computed(placed)
            losses += more
            if total is None:
                total = found
            else:
                torch._foreach_add_(total, found)
        self.joint.hand_out(total or [])
        return losses

    def computed(self, batch: PackedText) -> tuple[Tensor, list[Tensor]]:
        """The losses (K,) of a batch on the device, and the gradient of each by its own leaves.

        A plain function of static tensors: nothing here depends on their values.
        """
        model, device = self.joint.model, self.joint.device
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.autocast):
            hidden = batch.hidden(model)
            losses, gradient = batch.losses(hidden, self._head, self.smoothing)
        return losses, list(torch.autograd.grad(hidden, self._leaves, gradient))
