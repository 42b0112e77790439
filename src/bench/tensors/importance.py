"""Importance of the components of B diag(e) A (AdaLoRA, arXiv 2303.10512)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor

Tensors = list[Tensor] | tuple[Tensor, ...]


def distances_from_orthonormal(matrices: Sequence[Tensor]) -> Tensor:
    """‖M Mᵀ − I‖_F of each M (r, d), as (n,): 0 where the rows of M are orthonormal.

    Those of one shape are computed together: the kernels of a hundred small products take longer
    to launch than a training step.
    """
    places: dict[torch.Size, list[int]] = defaultdict(list)
    for place, matrix in enumerate(matrices):
        places[matrix.shape].append(place)
    found = dict[int, Tensor]()
    for (r, _), alike in places.items():
        rows = torch.stack([matrices[place] for place in alike])
        distances = torch.linalg.vector_norm(
            rows @ rows.mT - torch.eye(r, device=rows.device), dim=(-2, -1)
        )
        found.update(zip(alike, distances.unbind(), strict=True))
    return torch.stack([found[place] for place in range(len(matrices))])


def smoothed(
    averages: Tensors, spreads: Tensors, sensitivities: Tensors, beta1: float, beta2: float
) -> tuple[Tensors, Tensors]:
    """The moving averages of sensitivities and of their distances from their own averages."""
    averages = _moved(averages, sensitivities, beta1)
    apart = torch._foreach_abs(torch._foreach_sub(sensitivities, averages))
    return averages, _moved(spreads, apart, beta2)


def _moved(averages: Tensors, values: Tensors, beta: float) -> Tensors:
    """Moving averages behind one more value of each."""
    kept, added = torch._foreach_mul(averages, beta), torch._foreach_mul(values, 1 - beta)
    return torch._foreach_add(kept, added)


def triplet_scores(e: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """Scores (r,) of components, from those of the values of e (r,), A (r, i) and B (o, r)."""
    return e + A.mean(dim=1) + B.mean(dim=0)


def strongest(scores: Tensor, budget: int) -> Tensor:
    """Which entries are among the `budget` largest; of equal ones the earlier. Same shape."""
    order = scores.flatten().argsort(descending=True, stable=True)
    kept = torch.zeros_like(order, dtype=torch.bool)
    kept[order[:budget]] = True
    return kept.reshape(scores.shape)
