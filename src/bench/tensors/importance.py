"""Importance of the components of B diag(e) A (AdaLoRA, arXiv 2303.10512)."""

from __future__ import annotations

import torch
from torch import Tensor


def distance_from_orthonormal(rows: Tensor) -> Tensor:
    """‖M Mᵀ − I‖_F for M (r, d): a scalar that is 0 where the rows are orthonormal."""
    distance: Tensor = (rows @ rows.mT - torch.eye(len(rows), device=rows.device)).norm()
    return distance


def smoothed(
    average: Tensor, spread: Tensor, sensitivity: Tensor, beta1: float, beta2: float
) -> tuple[Tensor, Tensor]:
    """The moving averages of a sensitivity and of its distance from its own average."""
    average = beta1 * average + (1 - beta1) * sensitivity
    return average, beta2 * spread + (1 - beta2) * (sensitivity - average).abs()


def triplet_scores(e: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """Scores (r,) of components, from those of the values of e (r,), A (r, i) and B (o, r)."""
    return e + A.mean(dim=1) + B.mean(dim=0)


def strongest(scores: Tensor, budget: int) -> Tensor:
    """Which entries are among the `budget` largest; of equal ones the earlier. Same shape."""
    order = scores.flatten().argsort(descending=True, stable=True)
    kept = torch.zeros_like(order, dtype=torch.bool)
    kept[order[:budget]] = True
    return kept.reshape(scores.shape)
