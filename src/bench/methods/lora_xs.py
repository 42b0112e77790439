"""LoRA-XS: a small matrix between frozen singular vectors (Bałazy et al., arXiv 2405.17604).

W' = W + s·B R A        s = alpha / rank
y  = W x + b + s·B (R (A x))

A (r, i) and B (o, r) are frozen, from the first r singular values of W = U Σ Vᵀ; only
R (r, r) trains. It starts normal with std 1e-5, so W' is W only nearly; with std=0, exactly.

    singular_values=B    B = U_r Σ_r, A = V_rᵀ      the paper, for W (o, i)
    singular_values=A    B = U_r, A = Σ_r V_rᵀ      the official code, which decomposes Wᵀ

Both reach the same weights, but the gradient of R is scaled along another side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.errors import ConfigError
from bench.methods.base import OPTIONS, Drop, FrozenLinear, Property, Tensors, Update
from bench.types import Count, Fraction, NotNegative, Positive

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class LoraXs(Update):
    """Train how the leading singular vectors of a weight are mixed."""

    key = "lora_xs"
    source = "Bałazy et al. 2024, arXiv 2405.17604"

    rank: Count
    alpha: Positive
    singular_values: Literal["A", "B"] = "B"
    """The factor that holds Σ_r."""
    std: NotNegative = 1e-5
    """Standard deviation of R at the start."""
    dropout: Fraction = 0.0
    """On the input of the low-rank path only."""

    @property
    def scaling(self) -> float:
        """S = alpha / rank."""
        return self.alpha / self.rank

    @property
    def lacks(self) -> Mapping[Property, str]:
        """A random R moves the weight."""
        return {"identity": "R starts at random, near zero"} if self.std > 0 else {}

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (r, i), B (o, r) and R (r, r)."""
        from bench.tensors.draw import normal
        from bench.tensors.svd import thin_svd

        r = self.rank
        if r > min(weight.shape):
            o, i = weight.shape
            raise ConfigError(
                f"method.rank={r}: a weight of {o} x {i} has {min(o, i)} singular values; "
                f"set at most {min(o, i)}"
            )
        U, S, Vt = thin_svd(weight)
        A, B = Vt[:r], U[:, :r]
        if self.singular_values == "A":
            A = S[:r, None] * A
        else:
            B = B * S[:r]
        R = normal((r, r), self.std, generator)
        return {"A": A.clone(), "B": B.clone(), "R": R}

    def trains(self, name: str) -> bool:
        """R alone."""
        return name == "R"

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """Three thin products beside the frozen one."""
        from bench.tensors.thin import thin

        return base(x) + thin(thin(thin(drop(x), t["A"]), t["R"]), t["B"]) * self.scaling

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """W + s·B R A."""
        up, down = self.low_rank(weight, t)
        return weight + up @ down

    def low_rank(self, weight: Tensor, t: Tensors) -> tuple[Tensor, Tensor]:
        """s·B R and A."""
        return self.scaling * (t["B"] @ t["R"]), t["A"]

    def count(self, o: int, i: int) -> int:
        """R²."""
        return self.rank * self.rank

    def macs(self, o: int, i: int) -> int:
        """R (o + i + r)."""
        return self.rank * (o + i + self.rank)
