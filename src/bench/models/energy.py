"""How much of a weight an approximation keeps: its share of the sum of squares.

Liu et al. (LoDA), Figure 2, MERL TR2025-130.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bench.models.approximate import keep_largest


def energy_of_rank(weight: Tensor, rank: int) -> float:
    """Share of the `rank` largest singular values, 0 to 1."""
    squares = torch.linalg.svdvals(weight.double()).square()
    return float(squares[:rank].sum() / squares.sum())


def energy_of_fraction(weight: Tensor, fraction: float) -> float:
    """Share of the `fraction` of entries of the largest magnitude, 0 to 1."""
    W = weight.double()
    return float(keep_largest(W, fraction).square().sum() / W.square().sum())
