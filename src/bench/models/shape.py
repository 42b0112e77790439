"""The shapes of a model, from which counts and costs follow without its weights. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import ModelError
from bench.models.parts import FAMILIES, Part, family, linears

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ATTENTION: tuple[Part, ...] = ("query", "key", "value")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What counts and costs depend on."""

    blocks: int
    """Number of transformer blocks."""
    width: int
    """Size d of the hidden state."""
    linears: Mapping[Part, tuple[int, int]]
    """(o, i) of each linear map of one block."""

    @property
    def attention(self) -> tuple[tuple[int, int], ...]:
        """(o, i) of query, key and value."""
        return tuple(self.linears[part] for part in ATTENTION)

    def of(self, parts: Iterable[Part]) -> list[tuple[int, int]]:
        """(o, i) of the maps called `parts` in all blocks; a ModelError for one that is missing."""
        wanted = list(parts)
        for part in wanted:
            if part not in self.linears:
                raise ModelError(
                    f"part {part}: the model has no such part; it has {', '.join(self.linears)}"
                )
        return [self.linears[part] for part in wanted] * self.blocks


def shape_of(model: PreTrainedModel) -> Shape:
    """The shapes of a model without a method on it; its tensors may be on the meta device."""
    parts = tuple(FAMILIES[family(model)])
    places = list(linears(model, parts))
    return Shape(
        blocks=1 + max(place.block for place in places),
        width=model.config.hidden_size,
        linears={
            place.part: (place.linear.out_features, place.linear.in_features)
            for place in places
            if place.block == 0
        },
    )
