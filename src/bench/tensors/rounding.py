"""Rounding that keeps, in the mean, what is smaller than one step of the precision."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

LOW_BITS = 16
"""Bits of an fp32 number that bf16 lacks: it is its upper half."""


def rounded(exact: Tensor, dtype: torch.dtype, generator: Generator) -> Tensor:
    """fp32 values in `dtype`; for bf16 to one of the two neighbours, the nearer more often.

    The probability of each neighbour is such that the expectation is the exact value.
    """
    if dtype != torch.bfloat16:
        return exact.to(dtype)
    noise = torch.randint(1 << LOW_BITS, exact.shape, generator=generator, dtype=torch.int32)
    bits = exact.float().view(torch.int32) + noise.to(exact.device)
    return (bits >> LOW_BITS << LOW_BITS).view(torch.float32).to(dtype)
