"""LoRMA: low-rank multiplicative adaptation (Bihany et al., arXiv 2506.07621).

The weight is multiplied by a matrix near the identity instead of being added to.
A low-rank product alone would collapse the rank of W, so it is inflated first:

    lorma_plus   T = I + s·B A           additive inflation (equation 9)
    lorma_pi     T = s·I_pi(B A)         row p rotated to the right by p (equation 7)

    pre    W' = T W    T is (o, o)    y = T (W x) + b
    post   W' = W T    T is (i, i)    y = W (T x) + b

    A (r, d), B (d, r) with d = o (pre) or i (post); s = alpha / rank.

The bias stays outside the product. A sees W x when order=pre, whose scale is that of
activations behind W: learning rates do not carry over from LoRA.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Drop, FrozenLinear, Tensors, Update
from bench.methods.low_rank import LowRank
from bench.types import Count, Fraction, Positive

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Multiplicative(Update):
    """What both inflations share: the order of multiplication, and T x = x + change(x)."""

    order: Literal["pre", "post"] = "pre"
    dropout: Fraction = 0.0
    """On what the trained matrices see; the frozen path is never dropped."""
    decay_adapter: bool = True
    """Weight decay on A and B, as the official scripts have it."""

    @abstractmethod
    def change(self, x: Tensor, t: Tensors) -> Tensor:
        """(T − I) x, for x (..., d)."""

    @abstractmethod
    def difference(self, t: Tensors) -> Tensor:
        """T − I, as a (d, d) matrix."""

    def width(self, o: int, i: int) -> int:
        """d: the side that T acts on."""
        return o if self.order == "pre" else i

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """The frozen product and a correction, so that small changes survive bf16."""
        if self.order == "post":
            return base(x + self.change(drop(x), t))
        z = base.product(x)
        y = z + self.change(drop(z), t)
        return y if base.bias is None else y + base.bias

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """T W or W T."""
        difference = self.difference(t)
        return weight + (difference @ weight if self.order == "pre" else weight @ difference)

    def decayed(self, name: str) -> bool:  # noqa: ARG002  (A and B are treated alike)
        """Whether A and B decay."""
        return self.decay_adapter


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class LormaPlus(Multiplicative, LowRank):
    """T = I + s·B A; B starts at zero. Decay pulls W' towards W."""

    key = "lorma_plus"
    source = "Bihany et al. 2025, equation 9, arXiv 2506.07621"

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (r, d), B (d, r) and the gate."""
        d = self.width(*weight.shape)
        return self.factors(d, d, generator)

    def change(self, x: Tensor, t: Tensors) -> Tensor:
        """s·B (A x): two thin products."""
        return self.thin(x, t)

    def difference(self, t: Tensors) -> Tensor:
        """s·B A."""
        up, down = self.thick(t)
        return up @ down

    def low_rank(self, weight: Tensor, t: Tensors) -> tuple[Tensor, Tensor]:
        """s·B and A W (pre), or s·W B and A (post)."""
        up, down = self.thick(t)
        return (up, down @ weight) if self.order == "pre" else (weight @ up, down)

    def count(self, o: int, i: int) -> int:
        """2 r d, and r for a gate."""
        return self.rank * (2 * self.width(o, i) + (self.gate != "none"))


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class LormaPi(Multiplicative):
    """T = s·I_pi(B A), nearly always of full rank. Decay pulls W' towards 0, not W.

    B's first column and A's first entry start at 1 (A's others at 0), both divided by
    √s, so that T = I: the official code's reading, needed where alpha ≠ rank. The paper's
    equation 7 has neither s nor √s, and agrees where alpha = rank.
    """

    key = "lorma_pi"
    source = "Bihany et al. 2025, equations 6 and 7, arXiv 2506.07621"

    rank: Count
    alpha: Positive

    @property
    def scaling(self) -> float:
        """S = alpha / rank."""
        return self.alpha / self.rank

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (r, d) and B (d, r) with s·I_pi(B A) = I."""
        from bench.tensors.draw import kaiming_uniform, zeros

        d = self.width(*weight.shape)
        B = kaiming_uniform((d, self.rank), generator)
        B[:, 0] = 1.0
        A = zeros((self.rank, d))
        A[0, 0] = 1.0
        root = self.scaling**0.5
        return {"A": A / root, "B": B / root}

    def change(self, x: Tensor, t: Tensors) -> Tensor:
        """(T − I) x with T formed once for all tokens, O(d² (r + tokens))."""
        return x @ self.difference(t).to(x.dtype).mT

    def difference(self, t: Tensors) -> Tensor:
        """s·I_pi(B A) − I, in the precision of A and B: near 1, bf16 has steps of 1/128."""
        from bench.tensors.inflate import permute_rows, subtract_identity

        return subtract_identity(self.scaling * permute_rows(t["B"], t["A"]))

    def count(self, o: int, i: int) -> int:
        """2 r d."""
        return 2 * self.rank * self.width(o, i)
