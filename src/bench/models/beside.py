"""A bottleneck adapter beside a sub-layer, which keeps its modules and their names.

The sub-layer's first linear map shows its input x to the adapter, its last one adds what the
adapter makes of it to its output y:

    y ← y + s·U φ(D x)        x, y (..., d)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from bench.models.parts import Part, blocks, linears
from bench.tensors.bottleneck import Activation, bottleneck

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Beside(nn.Module):
    """The adapter's tensors, and the hooks that carry x past the sub-layer."""

    def __init__(
        self, tensors: Mapping[str, Tensor], activation: Activation, scale: float | None
    ) -> None:
        super().__init__()
        self.adapter = nn.ParameterDict(dict(tensors))
        self.activation: Activation = activation
        self.scale = scale
        """Factor s; None takes the tensor `s`."""
        self._seen: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """s·U φ(D x)."""
        t: dict[str, Tensor] = dict(self.adapter.items())
        scale = t["s"] if self.scale is None else self.scale
        return scale * bottleneck(x, t, self.activation)

    def see(self, first: nn.Module, args: tuple[Any, ...]) -> None:  # noqa: ARG002
        """Keep the input of the first map until the last one has run."""
        self._seen = args[0]

    def add(self, last: nn.Module, args: tuple[Any, ...], y: Tensor) -> Tensor:  # noqa: ARG002
        """Add to the output of the last map."""
        x, self._seen = self._seen, None
        if x is None:
            raise RuntimeError("the sub-layer's last map ran without its first")
        beside: Tensor = self(x)
        return y + beside


def put_beside(
    model: PreTrainedModel, first: Part, last: Part, adapter: Callable[[], Beside]
) -> None:
    """Put a new `adapter` beside the maps from `first` to `last` of every block."""
    found = list(linears(model, (first, last)))
    for block, begin, end in zip(blocks(model), found[::2], found[1::2], strict=True):
        beside = adapter().to(model.device)
        block.add_module(f"beside_{last}", beside)
        begin.linear.register_forward_pre_hook(beside.see)
        end.linear.register_forward_hook(beside.add)
