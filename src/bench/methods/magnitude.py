"""Weight decomposition: the norms of the rows train apart from their directions.

    V  = the merged weight of another update: W + s·B A, (I + s·B A) W ...
    W' = diag(m / ‖V‖_row) V        y = (m / ‖V‖_row) ⊙ (V x) + b

m (o,) starts at the norms of the rows of W, so W' = W where V = W. The norms of V are
left out of the gradient, as the paper proposes in its section 4.3. On LoRA this is DoRA
(Liu et al., arXiv 2402.09353); on LoRMA₊ it is DoRMA, which LoRMA names without defining.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from bench.methods.base import Drop, FrozenLinear, Property, Tensors, Update
from bench.types import Fraction

if TYPE_CHECKING:
    from torch import Generator, Tensor


class _WithoutBias:
    """A frozen map less its bias, which stays outside the decomposition."""

    bias = None

    def __init__(self, base: FrozenLinear) -> None:
        self._base = base

    @property
    def weight(self) -> Tensor:
        """W (o, i)."""
        return self._base.weight

    def __call__(self, x: Tensor) -> Tensor:
        """Return W x."""
        return self._base.product(x)

    product = __call__


@dataclass(frozen=True, kw_only=True, config=ConfigDict(arbitrary_types_allowed=True))
class Magnitude(Update):
    """Train the norms of the rows beside an update of their directions."""

    key = "magnitude"
    source = "Liu et al. 2024, equation 5, arXiv 2402.09353"

    inner: Update
    """The update of the directions."""
    dropout: Fraction = 0.0

    @property
    def lacks(self) -> Mapping[Property, str]:
        """What the update of the directions lacks."""
        return self.inner.lacks

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """The tensors of the update of the directions, and m (o,)."""
        return {**self.inner.tensors(weight, generator), "m": weight.norm(dim=1)}

    def trains(self, name: str) -> bool:
        """M, and what the inner update trains."""
        return name == "m" or self.inner.trains(name)

    def decayed(self, name: str) -> bool:
        """As the inner update says: decay pulls m, and with it W', to 0."""
        return self.inner.decayed(name)

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """V x in the inner update's cheap order; V itself is formed for its norms only."""
        from bench.tensors.norms import row_norms

        device = t["m"].device
        norms = row_norms(lambda: self.inner.merged(base.weight.float(), t), device)
        z = self.inner.forward(x, _WithoutBias(base), t, drop)
        y = (z * (t["m"] / norms)).to(z.dtype)
        return y if base.bias is None else y + base.bias

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """Diag(m / ‖V‖_row) V."""
        from bench.tensors.norms import row_norms

        V = self.inner.merged(weight, t)
        scale: Tensor = t["m"] / row_norms(lambda: V, V.device)
        return scale[:, None] * V

    def count(self, o: int, i: int) -> int:
        """One magnitude for each row more."""
        return self.inner.count(o, i) + o

    def macs(self, o: int, i: int) -> int:
        """Those of the inner update, and one a row; the norms are formed once a step."""
        return self.inner.macs(o, i) + o

    def truncated(self, t: Tensors, rank: int) -> dict[str, Tensor]:
        """The inner update's first components."""
        return {**self.inner.truncated(t, rank), "m": t["m"]}
