"""One frozen linear map with an update beside it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.methods.base import Update


class Frozen:
    """The frozen map as an update sees it; holds no tensor of its own."""

    def __init__(self, linear: nn.Linear) -> None:
        self._linear = linear

    @property
    def bias(self) -> Tensor | None:
        """B (o,), or nothing."""
        return self._linear.bias

    def __call__(self, x: Tensor) -> Tensor:
        """Return W x + b."""
        return functional.linear(x, self._linear.weight, self._linear.bias)

    def product(self, x: Tensor) -> Tensor:
        """Return W x."""
        return functional.linear(x, self._linear.weight)


class AdaptedLinear(nn.Module):
    """Replaces an `nn.Linear`: same input, same output shape, adapter tensors that train."""

    def __init__(self, base: nn.Linear, update: Update, generator: torch.Generator) -> None:
        super().__init__()
        self.base = base
        self.update = update
        self.drop = nn.Dropout(update.dropout)
        started = update.tensors(base.weight.detach().float().cpu(), generator)
        device = base.weight.device
        self.adapter = nn.ParameterDict({name: t.to(device) for name, t in started.items()})

    def forward(self, x: Tensor) -> Tensor:
        """(..., i) -> (..., o)."""
        return self.update.forward(x, Frozen(self.base), dict(self.adapter.items()), self.drop)

    @torch.no_grad()
    def merge(self) -> nn.Linear:
        """A plain linear map that computes the same, in the base weight's precision."""
        weight = self.base.weight
        tensors = {name: tensor.float() for name, tensor in self.adapter.items()}
        merged = self.update.merged(weight.float(), tensors)
        plain = nn.Linear(
            self.base.in_features,
            self.base.out_features,
            bias=self.base.bias is not None,
            device=weight.device,
            dtype=weight.dtype,
        ).requires_grad_(False)
        plain.weight.copy_(merged)
        if self.base.bias is not None:
            plain.bias.copy_(self.base.bias)
        return plain
