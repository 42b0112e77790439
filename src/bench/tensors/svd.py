"""The singular value decomposition of a weight."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.errors import ConfigError

SLACK = 1e-3
"""A full-rank weight may have a smallest singular value below the rounding of fp32."""


@torch.no_grad()
def thin_svd(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """U (o, k), singular values (k,) from large to small and Vᵀ (k, i), with k = min(o, i).

    A decomposition leaves the sign of each pair of singular vectors open, and libraries differ:
    here the entry of largest size in each column of U is positive. Computed in float64, so that
    the vectors are the same to fp32 on every machine: what is trained between them is saved
    without them. Raises a ConfigError for a weight of lower rank than k, whose last vectors
    are arbitrary.
    """
    U, S, Vt = torch.linalg.svd(weight.double(), full_matrices=False)
    if S[-1] <= S[0] * max(weight.shape) * torch.finfo(weight.dtype).eps * SLACK:
        raise ConfigError(
            "method.update: needs singular vectors of a weight that has too many singular values "
            "near zero to have them; leave method.base out"
        )
    largest = U.gather(0, U.abs().argmax(dim=0, keepdim=True))
    signs = torch.where(largest < 0, -1.0, 1.0).to(U.dtype)
    return tuple(t.to(weight.dtype).contiguous() for t in (U * signs, S, Vt * signs.mT))
