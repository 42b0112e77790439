"""Multiplication by a full matrix: what every LoRMA approximates (arXiv 2506.07621).

W' = M W (pre)  or  W' = W M (post)

M (d, d) starts at I and trains as it is, in the official code beside lorma_pi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Tensors
from bench.methods.lorma import NearIdentity

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Complete(NearIdentity):
    """T = M. Decay pulls M, and with it W', towards 0, not W: see decay_adapter."""

    key = "complete"
    source = "Bihany et al. 2025, official code, arXiv 2506.07621"

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """M (d, d), the identity."""
        from bench.tensors.draw import identity

        return {"M": identity(self.width(*weight.shape))}

    def change(self, x: Tensor, t: Tensors) -> Tensor:
        """(M − I) x, with M − I rounded to the precision of x and not M."""
        return x @ self.difference(t).to(x.dtype).mT

    def difference(self, t: Tensors) -> Tensor:
        """M − I."""
        from bench.tensors.inflate import subtract_identity

        return subtract_identity(t["M"])

    def count(self, o: int, i: int) -> int:
        """d²."""
        return self.width(o, i) ** 2
