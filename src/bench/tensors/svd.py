"""The singular value decomposition of a weight."""

from __future__ import annotations

import torch
from torch import Tensor


@torch.no_grad()
def thin_svd(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """U (o, k), singular values (k,) from large to small and Vᵀ (k, i), with k = min(o, i).

    A decomposition leaves the sign of each pair of singular vectors open, and libraries differ:
    here the entry of largest size in each column of U is positive.
    """
    U, S, Vt = torch.linalg.svd(weight, full_matrices=False)
    largest = U.gather(0, U.abs().argmax(dim=0, keepdim=True))
    signs = torch.where(largest < 0, -1.0, 1.0).to(U.dtype)
    return (U * signs).contiguous(), S, (Vt * signs.mT).contiguous()
