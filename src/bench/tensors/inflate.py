"""Rank inflation by permutation (LoRMA, equation 6).

I_pi(M)[p, q] = M[p, (q − p) mod d]        row p is rotated to the right by p
"""

from __future__ import annotations

import torch
from torch import Tensor

from bench.tensors.thin import thin


def rotate_rows(M: Tensor) -> Tensor:
    """I_pi(M) of a square M.

    Two copies of M side by side, read with rows that are one entry shorter and from the
    second copy on, hold M[p, q − p] at (p, q): one copy, and no index of d² integers.
    """
    d = M.shape[0]
    return torch.cat((M, M), dim=1).flatten()[d:].view(d, 2 * d - 1)[:, :d]


def inflated_difference(B: Tensor, A: Tensor, scaling: float) -> Tensor:
    """`scaling`·I_pi(B A) − I for B (d, r) and A (r, d), in their own precision.

    I is I_pi of the matrix whose first column is 1, which is taken off before rotating.
    """
    with torch.autocast(B.device.type, enabled=False):
        M = scaling * thin(B, A.mT)
        M[:, 0] -= 1.0
        return rotate_rows(M)


def subtract_identity(T: Tensor) -> Tensor:
    """T − I for a square T."""
    return T - torch.eye(T.shape[0], dtype=T.dtype, device=T.device)
