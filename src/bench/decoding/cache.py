"""Keys and values of a batch of beams, in one tensor that stays where it is.

transformers' cache grows by a copy of itself with every token, holds the prompt once for each
beam, and moves everything where beams change places. Here an input has one space for all of its
beams. Each new token gets a slot there and keeps it; where beams change places, only what each
of them sees does:

    slots of an input    prompt . . . . | beam 0 1 2, first token | beam 0 1 2, second token | ...
    beam 1 sees          x x x x x . .  |      .  x .             |      x . .               |
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from bench.tensors.sizes import round_up
from bench.tensors.unordered import unordered

WINDOW = 16
"""Attention reads the slots of a number of new tokens rounded up: few shapes, little waste."""

ALIGNED = 8
"""New tokens begin at a multiple: 16 bytes of bf16, as attention kernels read a mask."""


class BeamCache(DynamicCache):
    """A prompt is cached in transformers' way; `settle` then makes space for new tokens.

    One cache serves batch after batch, each from `begin` on, so that what was recorded with it
    stays valid while batches have one shape. Rows are beams, those of one input side by side.
    """

    place: Tensor
    """Slots (beams,) that a step writes, the same for every input."""
    seen: Tensor
    """Slots that each beam sees: (inputs, beams, slots)."""

    def __init__(self, beams: int, space: int) -> None:
        """For inputs with `beams` rows each, and room for `space` new tokens a beam."""
        super().__init__()
        self.beams = beams
        self.space = space
        self.store: Tensor | None = None
        """Keys and values (2 x blocks, inputs, heads, slots, width)."""
        self.settled = False
        self.prompt = 0
        """Length of the (padded) prompts."""
        self.made = 0
        """New tokens of each beam."""

    def begin(self) -> None:
        """Forget the batch before; its memory is used again."""
        self.layers = []
        self.made, self.settled = 0, False

    def settle(self, mask: Tensor | None) -> Tensor:
        """Put the prompts in place, of which the real tokens are in `mask` (inputs, length).

        Returns the store.
        """
        layers: list[Any] = list(self.layers)
        held: list[Tensor] = [part for layer in layers for part in (layer.keys, layer.values)]
        inputs, heads, self.prompt, width = held[0].shape
        slots = self._first + self.beams * round_up(self.space, WINDOW)
        shape = (len(held), inputs, heads, slots, width)
        if self.store is None or self.store.shape != shape or self.store.dtype != held[0].dtype:
            self.store = held[0].new_zeros(shape)
            device = held[0].device
            self.seen = torch.zeros((inputs, self.beams, slots), dtype=torch.bool, device=device)
            self.place = torch.zeros((self.beams,), dtype=torch.long, device=device)
        for kept, part in zip(self.store, held, strict=True):
            kept[:, :, : self.prompt] = part
        for layer in layers:
            layer.keys = layer.values = None
        self.seen.zero_()
        self.seen[:, :, : self.prompt] = True if mask is None else mask.bool()[:, None]
        self.settled = True
        return self.store

    def open(self) -> None:
        """Give each beam a slot for its next token, which it sees."""
        first = self._first + self.made * self.beams
        torch.arange(first, first + self.beams, out=self.place)
        self.seen[:, :, first : first + self.beams].diagonal(dim1=1, dim2=2).fill_(value=True)
        self.made += 1

    @property
    def window(self) -> int:
        """Slots that the step which is open attends to, those nobody sees included."""
        return self._first + self.beams * round_up(self.made, WINDOW)

    @property
    def _first(self) -> int:
        """The first slot behind the prompt."""
        return round_up(self.prompt, ALIGNED)

    def mask(self) -> Tensor:
        """What is added to the scores of the step which is open: (inputs, 1, beams, window)."""
        assert self.store is not None  # noqa: S101
        seen = self.seen[:, None, :, : self.window]
        hidden = torch.zeros((), dtype=self.store.dtype, device=self.store.device)
        return torch.where(seen, hidden, -torch.inf)

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write a token of each row (rows, heads, 1, width); all that the step attends to."""
        if not self.settled:
            found: tuple[Tensor, Tensor] = super().update(
                key_states, value_states, layer_idx, *args, **kwargs
            )
            return found
        assert self.store is not None  # noqa: S101
        keys, values = self.store[2 * layer_idx], self.store[2 * layer_idx + 1]
        self._write(keys, key_states)
        self._write(values, value_states)
        return keys[:, :, : self.window], values[:, :, : self.window]

    def _write(self, held: Tensor, new: Tensor) -> None:
        """Put the rows' keys or values into the open slots of (inputs, heads, slots, width)."""
        by_input = new.squeeze(2).unflatten(0, (-1, self.beams)).transpose(1, 2)
        with unordered():
            held.index_copy_(2, self.place, by_input.to(held.dtype))

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens of each beam, its prompt included."""
        return self.prompt + self.made if self.settled else int(super().get_seq_length(layer_idx))

    def reorder_cache(self, beam_idx: Any) -> None:
        """Let every row see what the row `beam_idx` (rows,) of the same input sees.

        Prompts are the same for all.
        """
        if self.settled:
            self.seen.copy_(self.seen.flatten(0, 1)[beam_idx].view_as(self.seen))
