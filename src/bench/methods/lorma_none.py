"""LoRMA without rank inflation: the ablation of Table 6 (Bihany et al., arXiv 2506.07621).

W' = s·B A W (pre)  or  W' = s·W B A (post)        rank(W') ≤ r

B (d, r) starts Kaiming-uniform and A (r, d) as its pseudo-inverse, both divided by √s,
so that s·B A starts as an orthogonal projection onto r dimensions (the official code's
start, scaled in both orders; the paper names none).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Drop, Property, Tensors
from bench.methods.lorma import Multiplicative
from bench.types import Count, Positive

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class LormaNone(Multiplicative):
    """T = s·B A. Decay pulls W' towards 0."""

    key = "lorma_none"
    source = "Bihany et al. 2025, Table 6, arXiv 2506.07621"

    rank: Count
    alpha: Positive

    @property
    def lacks(self) -> Mapping[Property, str]:
        """The base model's own output."""
        return {"identity": "no T of rank r below d is the identity, so most of W x is lost"}

    @property
    def scaling(self) -> float:
        """S = alpha / rank."""
        return self.alpha / self.rank

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (r, d) and B (d, r)."""
        from bench.tensors.draw import kaiming_uniform
        from bench.tensors.inverse import pseudo_inverse

        B = kaiming_uniform((self.width(*weight.shape), self.rank), generator)
        root = self.scaling**0.5
        return {"A": pseudo_inverse(B) / root, "B": B / root}

    def transformed(self, x: Tensor, t: Tensors, drop: Drop) -> Tensor:
        """s·B (A x): nothing of x goes past the two thin products."""
        from bench.tensors.thin import thin

        return thin(thin(drop(x), t["A"]), t["B"]) * self.scaling

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """s·B A W or s·W B A."""
        up, down = self.scaling * t["B"], t["A"]
        return up @ (down @ weight) if self.order == "pre" else (weight @ up) @ down

    def count(self, o: int, i: int) -> int:
        """2 r d."""
        return 2 * self.rank * self.width(o, i)
