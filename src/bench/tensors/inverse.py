"""Inverses of thin matrices."""

from __future__ import annotations

import torch
from torch import Tensor


def pseudo_inverse(B: Tensor) -> Tensor:
    """B⁺ (r, d) of a B (d, r), computed in fp64, in the precision of B.

    B⁺ B = I where r ≤ d, and B B⁺ projects orthogonally onto the columns of B.
    """
    inverse: Tensor = torch.linalg.pinv(B.double())
    return inverse.to(B.dtype)
