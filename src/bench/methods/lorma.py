"""LoRMA: low-rank multiplicative adaptation (Bihany et al., arXiv 2506.07621).

The weight is multiplied by a matrix T instead of being added to. A low-rank T would
collapse the rank of W, so a low-rank product is inflated first, in one of two ways:

    lorma_plus   T = I + s·B A           additive inflation (equation 9)
    lorma_pi     T = s·I_pi(B A)         row p rotated to the right by p (lorma_pi.py)
    lorma_none   T = s·B A               no inflation, the ablation (lorma_none.py)
    complete     T = M                   a full matrix, the upper bound (complete.py)

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

from bench.errors import NotLowRankError
from bench.methods.base import OPTIONS, Drop, FrozenLinear, Tensors, Update
from bench.methods.low_rank import LowRank, ZeroFactor
from bench.types import Fraction

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Multiplicative(Update):
    """What all of them share: the side that T acts on, and where dropout acts."""

    order: Literal["pre", "post"] = "pre"
    dropout: Fraction = 0.0
    """On what the trained matrices see; the frozen path is dropped only if told so."""
    decay_adapter: bool = True
    """Weight decay on the trained matrices, as the official scripts have it."""
    drop_frozen_path: bool = False
    """Dropout on x itself, as in the official modules for GLUE and mathematics."""

    @abstractmethod
    def transformed(self, x: Tensor, t: Tensors, drop: Drop) -> Tensor:
        """T x for x (..., d), with dropout on what the trained matrices see."""

    def width(self, o: int, i: int) -> int:
        """d: the side that T acts on."""
        return o if self.order == "pre" else i

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """T (W x) + b, or W (T x) + b."""
        if self.drop_frozen_path:
            x, drop = drop(x), _undropped
        if self.order == "post":
            return base(self.transformed(x, t, drop))
        y = self.transformed(base.product(x), t, drop)
        return y if base.bias is None else y + base.bias

    def decayed(self, name: str) -> bool:
        """Whether the trained matrices decay."""
        return self.decay_adapter

    def low_rank(self, weight: Tensor, t: Tensors) -> tuple[Tensor, Tensor]:
        """Raise NotLowRankError: T − I has nearly full rank, and so has W' − W."""
        raise NotLowRankError(
            f"{self.key}: W' − W is W multiplied by T − I, which has nearly full rank, so no two "
            "thin matrices make it; save merged weights instead"
        )


def _undropped(x: Tensor) -> Tensor:
    """X itself."""
    return x


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class NearIdentity(Multiplicative):
    """Those that start at T = I, computed as x + (T − I) x so that bf16 keeps small changes."""

    @abstractmethod
    def change(self, x: Tensor, t: Tensors) -> Tensor:
        """(T − I) x, for x (..., d)."""

    @abstractmethod
    def difference(self, t: Tensors) -> Tensor:
        """T − I, as a (d, d) matrix."""

    def transformed(self, x: Tensor, t: Tensors, drop: Drop) -> Tensor:
        """X and its change."""
        return x + self.change(drop(x), t)

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """T W or W T."""
        difference = self.difference(t)
        return weight + (difference @ weight if self.order == "pre" else weight @ difference)


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class LormaPlus(NearIdentity, LowRank):
    """T = I + s·B A; one factor starts at zero. Decay pulls W' towards W."""

    key = "lorma_plus"
    source = "Bihany et al. 2025, equation 9, arXiv 2506.07621"

    zero: ZeroFactor = "B"
    """The factor that starts at zero: B in the paper, A in the official GPT-2 script."""

    def __post_init__(self) -> None:
        """An importance gate starts at zero itself."""
        if self.zero == "A" and self.gate == "importance":
            raise ValueError("zero=A: gate=importance starts both factors at random; set zero=B")

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (r, d), B (d, r) and the gate."""
        d = self.width(*weight.shape)
        return self.factors(d, d, generator, self.zero)

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
