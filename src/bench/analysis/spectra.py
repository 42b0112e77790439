"""Singular values: rank, effective rank, energy. Pure functions of tensors in float64.

The numerical rank is the number of singular values above

    max(o, i) · 2⁻²³ · σ₁

the default of torch.linalg.matrix_rank for a matrix in fp32, the precision that adapters
are trained in: below it, a value cannot be told from the rounding of the adapter. The
matrices themselves are formed in float64, so that W' − W does not lose what it is about.
The LoRMA paper (arXiv 2506.07621, Table 15 and Fig. 7) states no tolerance. Its 1021 of 1024
for LoRMA_π is of this kind: with the default for float64, such updates have full rank.
"""

from __future__ import annotations

import torch
from torch import Tensor

TOLERANCE = "max(rows, columns) * 2**-23 * largest singular value"


def threshold(values: Tensor, shape: torch.Size) -> float:
    """Where singular values stop counting; `values` fall."""
    return float(max(shape) * torch.finfo(torch.float32).eps * values[0])


def numerical_rank(values: Tensor, shape: torch.Size) -> int:
    """Number of singular values above the threshold; 0 for a zero matrix."""
    return int((values > threshold(values, shape)).sum())


def effective_rank(values: Tensor) -> float:
    """exp(−Σ p log p) with p = σ / Σσ (Roy and Vetterli 2007); 0 for a zero matrix."""
    total = values.sum()
    if total == 0:
        return 0.0
    shares = values / total
    return float(torch.special.entr(shares).sum().exp())


def energy_kept(values: Tensor) -> Tensor:
    """Share of the sum of squares in the first 1, 2, ... n `values`: (n,), falling values.

    All of nothing is 1.
    """
    squares = values.double().square().cumsum(0)
    return squares / squares[-1] if squares[-1] > 0 else torch.ones_like(squares)


def doubling(count: int) -> list[int]:
    """1, 2, 4 ... and `count` itself."""
    powers = [1 << exponent for exponent in range(count.bit_length())]
    return sorted({*powers, count})
