"""One step of Adam (Kingma and Ba, arXiv 1412.6980) as a function."""

from __future__ import annotations

import torch
from torch import Tensor


def adam_change(
    gradient: Tensor, first: Tensor | None, second: Tensor | None, step: int, lr: float
) -> tuple[Tensor, Tensor, Tensor]:
    """What to add to a tensor at step 1, 2, …, and its two moments, with the paper's constants."""
    beta1, beta2, eps = 0.9, 0.999, 1e-8
    first = beta1 * (torch.zeros_like(gradient) if first is None else first)
    second = beta2 * (torch.zeros_like(gradient) if second is None else second)
    first, second = first + (1 - beta1) * gradient, second + (1 - beta2) * gradient.square()
    spread = (second / (1 - beta2**step)).sqrt() + eps
    return -lr * first / (1 - beta1**step) / spread, first, second
