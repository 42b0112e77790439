"""LoDA and LoDA₊: low-dimensional, non-linear adaptation (Liu et al., MERL TR2025-130).

LoRA's two thin matrices with a small network between them, as columns:

    z  = A x
    f1 = φ ∘ M2 ∘ φ ∘ N ∘ M1                  N a layer norm, or nothing; or M2 ∘ φ ∘ M1 ∘ φ ∘ N
    f2 = φ, or φ ∘ N                          on all o outputs

    loda        y = W x + b + s·B (z + f1(z))             (equation 1)
    loda_plus   y = W x + b + s·(B z + f2(B f1(z)))       (equation 2)

A (r, i), B (o, r), M1 and M2 (r, r), s = alpha / rank, φ = LeakyReLU of slope 0.8, no norm
trains. The paper draws two r × r matrices, LeakyReLU and layer norms; the order, the start
and s are not stated. Here A, M1 and M2 start Kaiming-uniform, B at zero, so that y = W x + b,
and s is LoRA's, whose settings the paper takes over.

M2 = 0 is LoRA. A norm inside f2 is free of scale: as soon as B is not zero the second term
has a length near √o, however small B is, so `f2: ln_act` leaves the start with a jump.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Drop, FrozenLinear, Property, Tensors, Update
from bench.types import Count, Fraction, Positive

if TYPE_CHECKING:
    from torch import Generator, Tensor


def normalised(v: Tensor) -> Tensor:
    """Layer norm of the last dimension, without weight and bias, in fp32 at least."""
    from torch import float32, promote_types
    from torch.nn.functional import layer_norm

    return layer_norm(v.to(promote_types(v.dtype, float32)), v.shape[-1:])


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Bottleneck(Update):
    """What both share: the tensors, and f1."""

    rank: Count
    alpha: Positive
    dropout: Fraction = 0.0
    """On the input of the adapter only."""
    slope: Fraction = 0.8
    """Of every LeakyReLU, for negative values."""
    order: Literal["linear", "activation"] = "linear"
    """Which comes first in f1: M1, or an activation (f1 = M2 φ M1 φ)."""
    start: Literal["kaiming", "zero"] = "kaiming"
    """Start of M2; at zero the adapter starts as LoRA."""
    norm: Literal["none", "first"] = "none"
    """Whether a layer norm stands before the first activation."""

    @property
    def scaling(self) -> float:
        """S = alpha / rank."""
        return self.alpha / self.rank

    @property
    def lacks(self) -> Mapping[Property, str]:
        """A plain weight."""
        return {"merge": "activations stand between its matrices, so that it is no linear map"}

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (r, i), B (o, r), M1 (r, r), M2 (r, r)."""
        from bench.tensors.draw import kaiming_uniform, zeros

        o, i = weight.shape
        square = (self.rank, self.rank)
        return {
            "A": kaiming_uniform((self.rank, i), generator),
            "B": zeros((o, self.rank)),
            "M1": kaiming_uniform(square, generator),
            "M2": zeros(square) if self.start == "zero" else kaiming_uniform(square, generator),
        }

    def bent(self, v: Tensor) -> Tensor:
        """φ(v), element by element."""
        from torch.nn.functional import leaky_relu

        return leaky_relu(v, self.slope)

    def inner(self, z: Tensor, t: Tensors) -> Tensor:
        """f1(z), (..., r) -> (..., r)."""
        from bench.tensors.thin import thin

        v = z if self.order == "activation" else thin(z, t["M1"])
        v = self.bent(normalised(v) if self.norm == "first" else v)
        if self.order == "activation":
            return thin(self.bent(thin(v, t["M1"])), t["M2"])
        return self.bent(thin(v, t["M2"]))

    @abstractmethod
    def change(self, x: Tensor, t: Tensors) -> Tensor:
        """Δy / s for x (..., i)."""

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """W x + b + s·Δy."""
        return base(x) + self.scaling * self.change(drop(x), t)

    def count(self, o: int, i: int) -> int:
        """R (o + i) + 2 r²."""
        return self.rank * (o + i) + 2 * self.rank**2


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Loda(Bottleneck):
    """Δy = B (z + f1(z)): a curved path through the r-dimensional column space of B."""

    key = "loda"
    source = "Liu et al. 2025, equation 1, MERL TR2025-130"

    def change(self, x: Tensor, t: Tensors) -> Tensor:
        """B (z + f1(z))."""
        from bench.tensors.thin import thin

        z = thin(x, t["A"])
        return thin(z + self.inner(z, t), t["B"])


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class LodaPlus(Bottleneck):
    """Δy = B z + f2(B f1(z)): a linear subspace plus a curved surface, with one B for both."""

    key = "loda_plus"
    source = "Liu et al. 2025, equation 2, MERL TR2025-130"

    f2: Literal["act", "ln_act"] = "act"
    """After the second B: an activation, or a layer norm and an activation."""

    def change(self, x: Tensor, t: Tensors) -> Tensor:
        """B z + f2(B f1(z))."""
        from bench.tensors.thin import thin

        z = thin(x, t["A"])
        v = thin(self.inner(z, t), t["B"])
        return thin(z, t["B"]) + self.bent(normalised(v) if self.f2 == "ln_act" else v)

    def macs(self, o: int, i: int) -> int:
        """R (2 o + i) + 2 r²: B multiplies twice.

        The figures of the paper's Table 2, of rank 4, need this r o (or 4 o for element-wise
        work, which is the same number there); its text has 4 r in that place.
        """
        return self.count(o, i) + self.rank * o
