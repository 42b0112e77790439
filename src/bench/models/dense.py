"""Linear maps that stand in for a plain one, and their dense weights.

A map may keep its weight in another form (factors, 4 bit). It is then a `StandIn`: it has
`in_features`, `out_features` and `bias` as `nn.Linear` has, and tells its dense weight.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.errors import ConfigError


class StandIn(nn.Module):
    """A linear map whose weight is kept in another form than a (o, i) tensor."""

    def __init__(self, in_features: int, out_features: int, bias: Tensor | None) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.bias = None if bias is None else nn.Parameter(bias.detach(), requires_grad=False)

    @abstractmethod
    def dense(self) -> Tensor:
        """W (o, i)."""

    @abstractmethod
    def product(self, x: Tensor) -> Tensor:
        """`W x`, without the bias: (..., i) -> (..., o)."""

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where its tensors are."""

    def forward(self, x: Tensor) -> Tensor:
        """`W x + b`: (..., i) -> (..., o)."""
        z = self.product(x)
        return z if self.bias is None else z + self.bias


LinearMap = nn.Linear | StandIn


def required_plain(linear: LinearMap, base: str) -> nn.Linear:
    """The plain map that the transform `method.base.BASE` needs, or a ConfigError."""
    if isinstance(linear, StandIn):
        raise ConfigError(
            f"method.base.{base}: an earlier transform keeps the weights in another form; "
            f"put {base} before it, or leave one of them out"
        )
    return linear


def dense_weight(linear: LinearMap) -> Tensor:
    """W (o, i) of a plain map or of a stand-in."""
    return linear.dense() if isinstance(linear, StandIn) else linear.weight


def apply_product(linear: LinearMap, x: Tensor) -> Tensor:
    """`W x`, without the bias: (..., i) -> (..., o)."""
    if isinstance(linear, StandIn):
        return linear.product(x)
    return functional.linear(x, linear.weight)


def plain_linear(weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> nn.Linear:
    """A frozen `nn.Linear` that owns copies of the values, in `dtype`."""
    o, i = weight.shape
    linear = nn.Linear(i, o, bias=bias is not None, device=weight.device, dtype=dtype)
    linear.requires_grad_(requires_grad=False)
    linear.weight.copy_(weight)
    if bias is not None:
        linear.bias.copy_(bias)
    return linear
