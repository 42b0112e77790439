"""SVFT: singular vectors guide the change (Lingam et al., arXiv 2405.19597).

W  = U Σ Vᵀ            thin, k = min(o, i)
W' = U (Σ + M) Vᵀ      y = W x + b + U (M (Vᵀ x))

U (o, k), Σ and Vᵀ (k, i) are frozen. M (k, k) trains at a few positions, and is zero there
at the start and elsewhere for good:

    plain    the diagonal                            SVFT^P
    banded   the 2d + 1 central diagonals            SVFT^B_d
    random   as many positions, drawn uniformly      SVFT^R_d
    top_k    as many, where |uᵢ·vⱼ| is largest       SVFT^T_d; square weights only

M is made dense for the product, and is never larger than W: at k = 1024, d = 16 and 64 tokens
4.7 ms for both passes on one CPU thread, a sparse product 11 ms, gathering and adding 25 ms.

The official code (VijayLingam95/SVFT) starts M at random behind a trained gate, draws random
positions with replacement, and for top_k scores rows of U, not its columns, with those of Vᵀ.
The first two are options. The third is not: its scores are no products of singular vectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.errors import ConfigError
from bench.methods.base import OPTIONS, Drop, FrozenLinear, Property, Tensors, Update
from bench.types import Fraction, Whole

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from bench.tensors.positions import Positions

Pattern = Literal["plain", "banded", "random", "top_k"]


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Svft(Update):
    """Train how the singular vectors of a weight are weighed and paired."""

    key = "svft"
    source = "Lingam et al. 2024, arXiv 2405.19597"

    pattern: Pattern
    d: Whole = 0
    """Diagonals on each side of the main one, or the number of positions that they have."""
    dropout: Fraction = 0.0
    """On the input of the change only."""
    official_init: bool = False
    """Start M normal with std √(2/n) for n values, times sigmoid(g) with a trained g = 0."""
    replacement: bool = False
    """Draw random positions with replacement, as the official code; equal ones add up."""

    def __post_init__(self) -> None:
        """Options that a pattern does not have."""
        if self.pattern == "plain" and self.d > 0:
            raise ValueError(f"d={self.d}: pattern=plain has the diagonal alone; set d=0")
        if self.replacement and self.pattern != "random":
            raise ValueError(f"replacement=true: pattern={self.pattern} draws nothing")

    @property
    def lacks(self) -> Mapping[Property, str]:
        """The official start moves the weight."""
        if not self.official_init:
            return {}
        return {"identity": "the official code starts M at random"}

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """U (o, k), Vᵀ (k, i) as V, the values M (n,), and where they are."""
        from bench.tensors.draw import normal, zeros
        from bench.tensors.svd import thin_svd

        n = self._values(*weight.shape)
        U, _, V = thin_svd(weight)
        t = {"U": U, "V": V, "M": zeros((n,))}
        if self.pattern != "plain":
            t["rows"], t["columns"] = self._positions(U, V, n, generator)
        if self.official_init:
            t |= {"M": normal((n,), (2 / n) ** 0.5, generator), "gate": zeros((1,))}
        return t

    def _positions(self, U: Tensor, V: Tensor, n: int, generator: Generator) -> Positions:
        """Rows and columns of M's values."""
        from bench.tensors.positions import aligned, banded, scattered

        k = len(V)
        if self.pattern == "banded":
            return banded(k, self.d)
        if self.pattern == "random":
            return scattered(k, n, generator, replacement=self.replacement)
        if len(U) != V.shape[1]:
            raise ConfigError(
                f"method.pattern=top_k: a weight of {len(U)} x {V.shape[1]} is not square, so its "
                "left and right singular vectors have no products; set pattern=random or banded"
            )
        return aligned(U, V, n)

    def _values(self, o: int, i: int) -> int:
        """N = k (2d + 1) − d (d + 1): the length of 2d + 1 diagonals."""
        k = min(o, i)
        if self.d >= k:
            raise ConfigError(
                f"method.d={self.d}: a weight of {o} x {i} has {k} singular values, so at most "
                f"{k - 1} diagonals on each side"
            )
        return k * (2 * self.d + 1) - self.d * (self.d + 1)

    def trains(self, name: str) -> bool:
        """The values and their gate."""
        return name in {"M", "gate"}

    def _through(self, h: Tensor, t: Tensors) -> Tensor:
        """M h for rows h (..., k)."""
        from bench.tensors.positions import filled

        values = t["M"] * t["gate"].sigmoid() if self.official_init else t["M"]
        if self.pattern == "plain":
            return h * values
        positions = (t["rows"], t["columns"])
        return h @ filled(len(t["V"]), positions, values).mT

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """U (M (Vᵀ x)) beside the frozen map, which holds U Σ Vᵀ."""
        return base(x) + self._through(drop(x) @ t["V"].mT, t) @ t["U"].mT

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """W + U M Vᵀ."""
        return weight + t["U"] @ self._through(t["V"].mT, t).mT

    def count(self, o: int, i: int) -> int:
        """K (2d + 1) − d (d + 1), and one for the official gate."""
        return self._values(o, i) + self.official_init

    def macs(self, o: int, i: int) -> int:
        """K (o + i) for U and Vᵀ, and k² for M, or k for its diagonal."""
        k = min(o, i)
        return k * (o + i) + (k if self.pattern == "plain" else k * k)
