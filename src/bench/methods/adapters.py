"""Bottleneck adapters behind a linear map, and beside a whole sub-layer.

    h = W x + b

    adapter_h   h ← h + U φ(D h + b_D) + b_U           Houlsby et al., arXiv 1902.00751
    adapter_l   h ← h + U φ(D LN(h) + b_D) + b_U       Lin et al., arXiv 2004.03829
    parallel    y ← y + s·U φ(D x)                     He et al., arXiv 2110.04366

D (m, d) and U (d, m) with a bottleneck of m. Adapter^H stands behind the attention's output
projection and behind the feed-forward layer, Adapter^L behind the latter only, both before the
residual is added. D and U are normal with standard deviation 0.02, biases zero, so that they
start near the base map, not at it. LN has a gain and a shift (d,) of its own, which train.

The parallel adapter reads the input x of a sub-layer, which in models that normalise first is
behind the layer norm, and adds to its output y before the residual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Drop, FrozenLinear, Insert, Property, Tensors, Update
from bench.types import Count, Positive

if TYPE_CHECKING:
    from torch import Generator, Tensor
    from transformers import PreTrainedModel

    from bench.models.parts import Part
    from bench.models.shape import Shape

Activation = Literal["relu", "gelu", "silu", "tanh"]

NOT_LINEAR = "the bottleneck has an activation between its two maps"
NEAR = "its start is near the base model's, not equal to it: U is normal, not zero"

SUBLAYERS: Mapping[str, tuple[tuple[Part, Part], ...]] = {
    "ffn": (("up", "down"),),
    "attention": (("query", "output"),),
    "both": (("query", "output"), ("up", "down")),
}
"""The first and the last linear map of each sub-layer."""


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class AdapterH(Update):
    """A bottleneck behind the map, around which the map's output is carried."""

    key = "adapter_h"
    source = "Houlsby et al. 2019, figure 2, arXiv 1902.00751"

    bottleneck: Count
    """Width m of the middle."""
    activation: Activation = "relu"

    @property
    def lacks(self) -> Mapping[Property, str]:
        """An exact start and a plain weight."""
        return {"identity": NEAR, "merge": NOT_LINEAR}

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """D (m, o), U (o, m), b_D (m,) and b_U (o,)."""
        from bench.tensors.draw import normal, zeros

        o = weight.shape[0]
        return {
            "D": normal((self.bottleneck, o), 0.02, generator),
            "b_D": zeros((self.bottleneck,)),
            "U": normal((o, self.bottleneck), 0.02, generator),
            "b_U": zeros((o,)),
        }

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """H + U φ(D h + b_D) + b_U."""
        from bench.tensors.bottleneck import bottleneck

        h = base(x)
        return h + bottleneck(h, t, self.activation)

    def count(self, o: int, i: int) -> int:
        """2 o m + m + o."""
        return 2 * o * self.bottleneck + self.bottleneck + o


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class AdapterL(AdapterH):
    """The same with a layer norm of its own before the bottleneck."""

    key = "adapter_l"
    source = "Lin et al. 2020, equation 1, arXiv 2004.03829"

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """Those of Adapter^H, and the layer norm's gain and shift (o,)."""
        from bench.tensors.draw import ones, zeros

        width = (weight.shape[0],)
        return {**super().tensors(weight, generator), "gain": ones(width), "shift": zeros(width)}

    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """H + U φ(D LN(h) + b_D) + b_U."""
        from bench.tensors.bottleneck import bottleneck, normalised

        h = base(x)
        return h + bottleneck(normalised(h, t["gain"], t["shift"]), t, self.activation)

    def count(self, o: int, i: int) -> int:
        """2 o more than Adapter^H."""
        return super().count(o, i) + 2 * o


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class ParallelAdapter(Insert):
    """A bottleneck beside the attention, the feed-forward layer, or each of them."""

    key = "parallel_adapter"
    source = "He et al. 2021, table 1 (scaled parallel adapter), arXiv 2110.04366"

    bottleneck: Count
    """Width m of the middle."""
    beside: Literal["ffn", "attention", "both"] = "ffn"
    """The sub-layers that have one."""
    scale: Positive | Literal["learnt"] = 4.0
    """Factor s; a learnt one is a number for each adapter, 1 at the start."""
    start: Literal["zero", "normal"] = "zero"
    """`zero`: D Kaiming-uniform, U zero. `normal`: both normal, standard deviation 0.02."""
    activation: Activation = "relu"

    @property
    def lacks(self) -> Mapping[Property, str]:
        """A plain weight; and an exact start where U is not zero."""
        if self.start == "zero":
            return {"merge": NOT_LINEAR}
        return {"identity": NEAR, "merge": NOT_LINEAR}

    def _tensors(self, width: int, generator: Generator) -> dict[str, Tensor]:
        """D (m, d), U (d, m) and, where it is learnt, s (1,)."""
        from bench.tensors.draw import kaiming_uniform, normal, ones, zeros

        down, up = (self.bottleneck, width), (width, self.bottleneck)
        if self.start == "zero":
            t = {"D": kaiming_uniform(down, generator), "U": zeros(up)}
        else:
            t = {"D": normal(down, 0.02, generator), "U": normal(up, 0.02, generator)}
        return t | ({"s": ones((1,))} if self.scale == "learnt" else {})

    def put_on(
        self,
        model: PreTrainedModel,
        parts: Sequence[Part],
        generator: Generator,
    ) -> None:
        """Hook an adapter on the first and the last map of each sub-layer."""
        from bench.models.beside import Beside, put_beside

        width = model.config.hidden_size
        scale = None if self.scale == "learnt" else self.scale

        def adapter() -> Beside:
            return Beside(self._tensors(width, generator), self.activation, scale)

        for first, last in SUBLAYERS[self.beside]:
            put_beside(model, first, last, adapter)

    def count(self, shape: Shape, parts: Sequence[Part]) -> int:
        """2 d m for each sub-layer, and its learnt factor."""
        one = 2 * shape.width * self.bottleneck + (self.scale == "learnt")
        return shape.blocks * len(SUBLAYERS[self.beside]) * one
