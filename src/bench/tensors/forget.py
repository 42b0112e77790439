"""Setting most of a tensor to zero."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor


@torch.no_grad()
def forget(tensors: Sequence[Tensor], fraction: float, generator: Generator | None) -> None:
    """Set a `fraction` of the entries to zero, in place, the same ones in all tensors.

    Those are the smallest of the first tensor by magnitude, or any with a generator.
    """
    first = tensors[0]
    if generator is None:
        importance = first.abs().flatten()
    else:
        importance = torch.rand(first.numel(), generator=generator).to(first.device)
    kept = torch.ones_like(importance)
    kept[importance.argsort(stable=True)[: round(fraction * len(kept))]] = 0
    for tensor in tensors:
        tensor.mul_(kept.reshape(tensor.shape))
