"""LoRA: low-rank adaptation (Hu et al., arXiv 2106.09685).

W' = W + s·B A        s = alpha / rank
y  = W x + b + s·B (A x)

A (r, i) starts Kaiming-uniform, B (o, r) at zero, so W' = W at the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Drop, FrozenLinear, Tensors, Update
from bench.types import Count, Fraction, Positive

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Lora(Update):
    """Add a product of two thin matrices to the weight."""

    key = "lora"
    source = "Hu et al. 2021, equation 3, arXiv 2106.09685"

    rank: Count
    alpha: Positive
    dropout: Fraction = 0.0
    """On the input of the low-rank path only."""

    @property
    def scaling(self) -> float:
        """S = alpha / rank."""
        return self.alpha / self.rank

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (r, i) and B (o, r)."""
        from bench.tensors.draw import kaiming_uniform, zeros

        o, i = weight.shape
        return {"A": kaiming_uniform((self.rank, i), generator), "B": zeros((o, self.rank))}

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """Two thin products beside the frozen one."""
        return base(x) + (drop(x) @ t["A"].mT) @ t["B"].mT * self.scaling

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """W + s·B A."""
        return weight + self.scaling * (t["B"] @ t["A"])

    def count(self, o: int, i: int) -> int:
        """R (o + i)."""
        return self.rank * (o + i)
