"""LoRA: low-rank adaptation (Hu et al., arXiv 2106.09685).

W' = W + s·B A        s = alpha / rank
y  = W x + b + s·B (A x)

A (r, i) starts Kaiming-uniform, B (o, r) at zero, so W' = W at the start. A gate between
B and A makes it AdaLoRA's or AutoLoRA's update (low_rank.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Drop, FrozenLinear, Tensors
from bench.methods.low_rank import LowRank
from bench.types import Fraction

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Lora(LowRank):
    """Add a product of two thin matrices to the weight."""

    key = "lora"
    source = "Hu et al. 2021, equation 3, arXiv 2106.09685"

    dropout: Fraction = 0.0
    """On the input of the low-rank path only."""

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (r, i), B (o, r) and the gate."""
        o, i = weight.shape
        return self.factors(o, i, generator)

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """Two thin products beside the frozen one."""
        return base(x) + self.thin(drop(x), t)

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """W + s·B A."""
        up, down = self.thick(t)
        return weight + up @ down

    def low_rank(self, weight: Tensor, t: Tensors) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """The factors themselves."""
        return self.thick(t)

    def count(self, o: int, i: int) -> int:
        """R (o + i), and r for a gate."""
        return self.rank * (o + i + (self.gate != "none"))
