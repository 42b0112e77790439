"""Initial values of adapter tensors: fp32, on the CPU, from an explicit generator."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def kaiming_uniform(shape: tuple[int, int], generator: Generator) -> Tensor:
    """Uniform on ±1/√fan_in with fan_in = shape[1].

    This is Kaiming-uniform with a = √5 (He et al., arXiv 1502.01852), the start that
    `nn.Linear` gives its weight.
    """
    bound = shape[1] ** -0.5
    return torch.empty(shape).uniform_(-bound, bound, generator=generator)


def normal(shape: tuple[int, ...], std: float, generator: Generator) -> Tensor:
    """Normal with mean 0."""
    return torch.empty(shape).normal_(0.0, std, generator=generator)


def zeros(shape: tuple[int, ...]) -> Tensor:
    """All zero."""
    return torch.zeros(shape)


def ones(shape: tuple[int, ...]) -> Tensor:
    """All one."""
    return torch.ones(shape)


def identity(d: int) -> Tensor:
    """I (d, d)."""
    return torch.eye(d)
