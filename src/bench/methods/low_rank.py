"""s·B diag(g) A: the product of two thin matrices that LoRA adds and LoRMA₊ multiplies with.

    A (r, i), B (o, r), s = alpha / rank, and a gate g (r,) on the components:

    none         g = 1                   A Kaiming-uniform, B = 0
    importance   g = e, trained          e = 0, A and B normal, std 0.02; s = alpha / (rank + 1e-5)
                 (AdaLoRA, arXiv 2303.10512, with HF PEFT's scaling)
    softmax      g = softmax(l), trained l = 1, A Kaiming-uniform, B = 0
                 (AutoLoRA, arXiv 2403.09113)

Without a gate of importance the roles of A and B at the start may be exchanged.

A search for ranks (plugin rank_search) ends the softmax gate: then g is a fixed choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Tensors, Update
from bench.types import Count, Positive

if TYPE_CHECKING:
    from torch import Generator, Tensor

Gate = Literal["none", "importance", "softmax"]
ZeroFactor = Literal["A", "B"]


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class LowRank(Update):
    """What updates with such a product share."""

    rank: Count
    alpha: Positive
    gate: Gate = "none"

    @property
    def scaling(self) -> float:
        """S = alpha / rank."""
        return self.alpha / (self.rank + 1e-5 if self.gate == "importance" else self.rank)

    def factors(
        self, o: int, i: int, generator: Generator, zero: ZeroFactor = "B"
    ) -> dict[str, Tensor]:
        """A, B and the gate's tensors, with a product of 0 because `zero` or the gate is."""
        from bench.tensors.draw import kaiming_uniform, normal, ones, zeros

        if self.gate == "importance":
            A = normal((self.rank, i), 0.02, generator)
            B = normal((o, self.rank), 0.02, generator)
            return {"A": A, "B": B, "e": zeros((self.rank,))}
        if zero == "B":
            t = {"A": kaiming_uniform((self.rank, i), generator), "B": zeros((o, self.rank))}
        else:
            t = {"A": zeros((self.rank, i)), "B": kaiming_uniform((o, self.rank), generator)}
        if self.gate == "softmax":
            t |= {"l": ones((self.rank,)), "searching": ones((1,)), "choice": zeros((self.rank,))}
        return t

    def gated(self, t: Tensors) -> Tensor | None:
        """The gate g (r,), or nothing where it is 1."""
        if self.gate == "importance":
            return t["e"]
        if self.gate == "softmax":
            return t["searching"] * t["l"].softmax(0) + t["choice"]
        return None

    def thin(self, x: Tensor, t: Tensors) -> Tensor:
        """s·B (g ⊙ A x): two thin products, (..., i) -> (..., o)."""
        from bench.tensors.thin import thin

        inner = thin(x, t["A"])
        gate = self.gated(t)
        return thin(inner if gate is None else inner * gate, t["B"], self.scaling)

    def thick(self, t: Tensors) -> tuple[Tensor, Tensor]:
        """Factors s·B diag(g) (o, r) and A (r, i) of the whole product."""
        gate = self.gated(t)
        return self.scaling * (t["B"] if gate is None else t["B"] * gate), t["A"]

    def trains(self, name: str) -> bool:
        """Everything but the state of a search."""
        return name not in {"searching", "choice"}

    def truncated(self, t: Tensors, rank: int) -> dict[str, Tensor]:
        """The first `rank` components, scaled by alpha / `rank` (DyLoRA, arXiv 2210.07558)."""
        components = {"A": t["A"][:rank], "B": t["B"][:, :rank] * (self.rank / rank)}
        return {**t, **components}
