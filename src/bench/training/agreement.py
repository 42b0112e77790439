"""Whether a faster way computes what plain operations compute."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

SAME, MASKED = 0.95, 0.5
"""Least cosine of two gradients that differ by roundings, and by masks of dropout too."""
FACTOR = 2.0
"""How many times longer one of them may be."""


def disagreement(found: Sequence[Tensor], plain: Sequence[Tensor], *, masked: bool) -> str | None:
    """Why the gradients of all trained tensors are not the `plain` ones; None where they are.

    Compared as one vector each. `masked` where dropout drew other masks for the two.
    """
    pairs = list(zip(found, plain, strict=True))
    product = torch.stack([(f.double() * p.double()).sum() for f, p in pairs]).sum()
    length, expected = (
        torch.stack([g.double().square().sum() for g in gradients]).sum().sqrt()
        for gradients in zip(*pairs, strict=True)
    )
    if not expected > 0:
        return None
    ratio, cosine = float(length / expected), float(product / (length * expected))
    near = cosine >= (MASKED if masked else SAME)
    if near and 1 / FACTOR <= ratio <= FACTOR:
        return None
    return (
        f"gradients have {ratio:.2g} times the length of plain ones, and a cosine of {cosine:.2g}"
    )
