"""PRoLoRA: LoRA whose factors repeat a chunk, rotated (Wang et al., arXiv 2402.16902).

W' = W + s·B A          s = alpha / rank

u of the r components are free, as in LoRA. The other r − u are shared within the matrix:

    A = [ Roll(A₀, 0)  Roll(A₀, s_A)  Roll(A₀, 2 s_A) … ]      m chunks along the input
    Bᵀ likewise from B₀ᵀ with s_B                              n chunks along the output

    A₀ (r − u, ⌈i / m⌉), B₀ (⌈o / n⌉, r − u); Roll moves components, along the rank.
    s_A = max(⌊(r − u) / m⌋, 1), s_B = max(⌊(r − u) / n⌋, 1)

A sum over components does not see their order, so block (p, q) of B A depends on
q s_A − p s_B alone: the numbers in the paper's figure 1. Rolling both the other way, as the
official code does (Forence1999/PRoLoRA), only renames components. Where i or o is no
multiple, the last chunk is cut.

A and A₀ start Kaiming-uniform with the bound 1/√i of the whole row (rectified), B and B₀ at
zero. With u = r, or m = n = 1, this is LoRA.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Drop, FrozenLinear, Tensors, Update
from bench.types import Count, Fraction, Positive, Whole

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Prolora(Update):
    """Add a product of two thin matrices, parts of which repeat."""

    key = "prolora"
    source = "Wang et al. 2024, section 3, arXiv 2402.16902"

    rank: Count
    alpha: Positive
    unshared: Whole
    """u: components that are not shared."""
    chunks_in: Count
    """m: how often A₀ stands in A."""
    chunks_out: Count
    """n: how often B₀ stands in B."""
    dropout: Fraction = 0.0
    """On the input of the low-rank path only."""

    def __post_init__(self) -> None:
        """No more components can be free than there are."""
        if self.unshared > self.rank:
            raise ValueError(f"unshared={self.unshared}: must be at most rank={self.rank}")

    @property
    def scaling(self) -> float:
        """S = alpha / rank."""
        return self.alpha / self.rank

    @property
    def shared(self) -> int:
        """R − u."""
        return self.rank - self.unshared

    def _chunks(self, o: int, i: int) -> tuple[int, int]:
        """Lengths ⌈o / n⌉ and ⌈i / m⌉ of the chunks."""
        return -(-o // self.chunks_out), -(-i // self.chunks_in)

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (u, i), B (o, u), A0 (r − u, ⌈i / m⌉) and B0 (⌈o / n⌉, r − u), unless empty."""
        from bench.tensors.draw import kaiming_uniform, zeros

        o, i = weight.shape
        t: dict[str, Tensor] = {}
        if self.unshared:
            t["A"] = kaiming_uniform((self.unshared, i), generator)
            t["B"] = zeros((o, self.unshared))
        if self.shared:
            chunk_out, chunk_in = self._chunks(o, i)
            rectified = (chunk_in / i) ** 0.5
            t["A0"] = rectified * kaiming_uniform((self.shared, chunk_in), generator)
            t["B0"] = zeros((chunk_out, self.shared))
        return t

    def _factors(self, o: int, i: int, t: Tensors) -> tuple[Tensor, Tensor]:
        """B (o, r) and A (r, i), put together."""
        import torch

        from bench.tensors.rotation import rolled_copies

        if not self.shared:
            return t["B"], t["A"]
        m, n = self.chunks_in, self.chunks_out
        A = rolled_copies(t["A0"], m, max(self.shared // m, 1), i)
        B = rolled_copies(t["B0"].mT, n, max(self.shared // n, 1), o).mT
        if not self.unshared:
            return B, A
        return torch.cat((t["B"], B), dim=1), torch.cat((t["A"], A))

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """Two thin products beside the frozen one."""
        y = base(x)
        B, A = self._factors(y.shape[-1], x.shape[-1], t)
        return y + drop(x) @ A.mT @ B.mT * self.scaling

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """W + s·B A."""
        up, down = self.low_rank(weight, t)
        return weight + up @ down

    def low_rank(self, weight: Tensor, t: Tensors) -> tuple[Tensor, Tensor]:
        """s·B and A."""
        o, i = weight.shape
        B, A = self._factors(o, i, t)
        return self.scaling * B, A

    def count(self, o: int, i: int) -> int:
        """U (o + i) + (r − u) (⌈i / m⌉ + ⌈o / n⌉)."""
        return self.unshared * (o + i) + self.shared * sum(self._chunks(o, i))

    def macs(self, o: int, i: int) -> int:
        """R (o + i), as LoRA of this rank."""
        return self.rank * (o + i)
