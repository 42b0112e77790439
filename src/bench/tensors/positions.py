"""Matrices (k, k) that are zero but for values at n fixed positions."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from bench.tensors.importance import strongest

Positions = tuple[Tensor, Tensor]
"""Rows and columns (n,) of the values."""


def banded(k: int, d: int) -> Positions:
    """The 2d + 1 central diagonals: k (2d + 1) − d (d + 1) positions for d < k."""
    index = torch.arange(k)
    rows, columns = ((index[:, None] - index).abs() <= d).nonzero(as_tuple=True)
    return rows, columns


def scattered(k: int, n: int, generator: Generator, *, replacement: bool) -> Positions:
    """N positions drawn uniformly; with `replacement` one may come more than once."""
    if replacement:
        drawn = torch.randint(k * k, (n,), generator=generator)
    else:
        drawn = torch.randperm(k * k, generator=generator)[:n].sort().values
    return drawn // k, drawn % k


def aligned(U: Tensor, Vt: Tensor, n: int) -> Positions:
    """Where |uᵢ·vⱼ| is among the n largest, for columns of U (d, k) and rows of Vᵀ (k, d)."""
    rows, columns = strongest((U.mT @ Vt.mT).abs(), n).nonzero(as_tuple=True)
    return rows, columns


def filled(k: int, positions: Positions, values: Tensor) -> Tensor:
    """The dense matrix (k, k); values at one position add up."""
    rows, columns = (index.long() for index in positions)
    return values.new_zeros(k * k).index_add(0, rows * k + columns, values).view(k, k)
