"""Keys and values of a batch in one tensor that stays where it is.

transformers' cache grows by a copy of itself with every token. Here space for every new token
is there from the start, so that a step always reads and writes the same memory and can be
replayed. Beams of one input hold the same prompt: where they change places, only what was
generated behind it moves, for all blocks at once.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from transformers import DynamicCache

from bench.tensors.unordered import unordered

WINDOW = 16
"""Attention reads a filled length rounded up to a multiple: few shapes, little waste."""


class BeamCache(DynamicCache):
    """A prompt is cached in transformers' way; `settle` then makes space for new tokens.

    One cache serves batch after batch, each from `begin` on, so that what was recorded with it
    stays valid while batches have one shape.
    """

    def __init__(self, space: int) -> None:
        """With room for `space` new tokens."""
        super().__init__()
        self.space = space
        self.store: Tensor | None = None
        """Keys and values (2 x blocks, rows, heads, length, width)."""
        self.settled = False
        self.prompt = 0
        """Length of the (padded) prompts."""
        self.filled = 0
        self.place: Tensor | None = None
        """The position (1,) that a step writes."""

    def begin(self) -> None:
        """Forget the batch before; its memory is used again."""
        self.layers = []
        self.filled, self.settled = 0, False

    def settle(self) -> Tensor:
        """Put the prompts in place; the store."""
        layers: list[Any] = list(self.layers)
        held: list[Tensor] = [part for layer in layers for part in (layer.keys, layer.values)]
        rows, heads, self.prompt, width = held[0].shape
        length = -(-(self.prompt + self.space) // WINDOW) * WINDOW
        shape = (len(held), rows, heads, length, width)
        if self.store is None or self.store.shape != shape or self.store.dtype != held[0].dtype:
            self.store = held[0].new_zeros(shape)
        for kept, part in zip(self.store, held, strict=True):
            kept[:, :, : self.prompt] = part
        for layer in layers:
            layer.keys = layer.values = None
        self.filled, self.settled = self.prompt, True
        return self.store

    @property
    def window(self) -> int:
        """Positions that the next step attends to, those it may not see included."""
        return -(-(self.filled + 1) // WINDOW) * WINDOW

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write a position (rows, heads, 1, width); all that the step attends to."""
        if not self.settled:
            found: tuple[Tensor, Tensor] = super().update(
                key_states, value_states, layer_idx, *args, **kwargs
            )
            return found
        assert self.store is not None and self.place is not None  # noqa: S101, PT018
        keys, values = self.store[2 * layer_idx], self.store[2 * layer_idx + 1]
        write(keys, self.place, key_states)
        write(values, self.place, value_states)
        return keys[:, :, : self.window], values[:, :, : self.window]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Positions that are filled."""
        return self.filled if self.settled else int(super().get_seq_length(layer_idx))

    def reorder_cache(self, beam_idx: Any) -> None:
        """Give every row what the row `beam_idx` (rows,) of the same input has generated."""
        if not self.settled:
            super().reorder_cache(beam_idx)
        elif self.filled > self.prompt:
            assert self.store is not None  # noqa: S101
            generated = self.store[:, :, :, self.prompt : self.filled]
            generated.copy_(generated.index_select(1, beam_idx))


def write(held: Tensor, place: Tensor, values: Tensor) -> None:
    """Put values (rows, heads, 1, width) at one position of (rows, heads, length, width)."""
    with unordered():
        held.index_copy_(2, place, values.to(held.dtype))
