"""Rank inflation by permutation (LoRMA, equation 6).

I_pi(M)[p, q] = M[p, (q − p) mod d]        row p is rotated to the right by p
"""

from __future__ import annotations

import torch
from torch import Tensor


def rotation_index(d: int, device: torch.device) -> Tensor:
    """(d, d) column indices (q − p) mod d."""
    place = torch.arange(d, device=device)
    return (place[None, :] - place[:, None]) % d


def permute_rows(B: Tensor, A: Tensor) -> Tensor:
    """I_pi(B A) for B (d, r) and A (r, d): a (d, d) matrix, in the tensors' own precision."""
    with torch.autocast(device_type=B.device.type, enabled=False):
        return (B @ A).gather(1, rotation_index(A.shape[1], A.device))


def subtract_identity(T: Tensor) -> Tensor:
    """T − I for a square T."""
    return T - torch.eye(T.shape[0], dtype=T.dtype, device=T.device)
