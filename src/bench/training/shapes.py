"""Batches that a captured step reads: of which shape, and how others' values come into them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self, TypeVar

import torch
from torch import Tensor

Shape = tuple[tuple[int, ...], ...]
"""The shapes of all tensors of a batch: there is one captured step for each."""


class Shaped(Protocol):
    """Something whose tensors are all that a step depends on."""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Its tensors, integers or floating point, always in one order."""

    def with_tensors(self, tensors: Sequence[Tensor]) -> Self:
        """The same with other tensors of the same shapes."""


def shape_of(batch: Shaped) -> Shape:
    """The shape of a batch."""
    return tuple(tuple(tensor.shape) for tensor in batch.tensors)


Held = TypeVar("Held", bound=Shaped)


def copy_on(batch: Held, device: torch.device) -> Held:
    """The batch in memory of its own on `device`."""
    return batch.with_tensors([tensor.to(device, copy=True) for tensor in batch.tensors])


def copy_into(held: Shaped, batch: Shaped) -> None:
    """Copy the values of a batch of the same shape to where a captured step reads them."""
    for place, values in zip(held.tensors, batch.tensors, strict=True):
        place.copy_(values, non_blocking=True)
