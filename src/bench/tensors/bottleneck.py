"""A feed-forward layer through a narrow middle: (..., d) -> (..., m) -> (..., d)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Activation = Literal["relu", "gelu", "silu", "tanh"]

ACTIVATIONS: Mapping[Activation, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "tanh": torch.tanh,
}


def bottleneck(h: Tensor, t: Mapping[str, Tensor], activation: Activation) -> Tensor:
    """U φ(D h + b_D) + b_U with D (m, d), U (d, m); biases that are not in `t` are zero."""
    inner = ACTIVATIONS[activation](functional.linear(h, t["D"], t.get("b_D")))
    return functional.linear(inner, t["U"], t.get("b_U"))


def normalised(h: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    """Layer norm of (..., d) with gain and shift (d,)."""
    return functional.layer_norm(h, gain.shape, gain, shift)
