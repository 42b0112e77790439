"""LoRA: low-rank adaptation (Hu et al., arXiv 2106.09685).

W' = W + s·B A        s = alpha / rank
y  = W x + b + s·B (A x)

B (o, r) starts at zero, so W' = W at the start; A (r, i) Kaiming-uniform, as in the authors'
loralib, whose LoRA the papers here compare with. The paper says Gaussian, without a deviation:
that is `start: gaussian`, with HF PEFT's 1 / r. A gate between B and A makes it AdaLoRA's or
AutoLoRA's update (low_rank.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

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
    start: Literal["kaiming", "gaussian"] = "kaiming"
    """Distribution of A, where there is no gate of importance."""

    def __post_init__(self) -> None:
        """AdaLoRA's start is its own."""
        if self.start == "gaussian" and self.gate == "importance":
            raise ValueError("start=gaussian: gate=importance has a start of its own")

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (r, i), B (o, r) and the gate."""
        from bench.tensors.draw import normal

        o, i = weight.shape
        t = self.factors(o, i, generator)
        if self.start == "gaussian":
            t["A"] = normal((self.rank, i), 1 / self.rank, generator)
        return t

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """Two thin products beside the frozen one."""
        return base(x) + self.thin(drop(x), t)

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """W + s·B A."""
        up, down = self.thick(t)
        return weight + up @ down

    def low_rank(self, weight: Tensor, t: Tensors) -> tuple[Tensor, Tensor]:
        """The factors themselves."""
        return self.thick(t)

    def count(self, o: int, i: int) -> int:
        """R (o + i), and r for a gate."""
        return self.rank * (o + i + (self.gate != "none"))
