"""Copies of a matrix side by side, each rolled further than the one before."""

from __future__ import annotations

import torch
from torch import Tensor


def rolled_copies(chunk: Tensor, copies: int, stride: int, width: int) -> Tensor:
    """(r, c) -> (r, width): copy p has its rows rolled down by p·stride, and the rest is cut.

    PRoLoRA's broadcast and rotation (Wang et al., section 3, arXiv 2402.16902).
    """
    return torch.cat([chunk.roll(p * stride, dims=0) for p in range(copies)], dim=1)[:, :width]
