"""Prefix tuning (Li and Liang, arXiv 2101.00190): keys and values before the real ones.

    block l:  K ← [P_K^l; K]   V ← [P_V^l; V]        P_K^l, P_V^l (n, w), w the key's width

Every query attends to the n prefix positions as well. P = (n, 2·L·w) is trained as it is, or
as MLP(P') with P' (n, w) and one tanh layer of `hidden` units in between, with which the
paper trains more stably. HF PEFT's PrefixEncoder holds the tensors of either.

The prefix takes no positions: a text keeps the positions 0, 1, ... of the base model. In
PEFT and the paper's code it is a cache of n past tokens, which moves the text to n, n + 1, ...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Insert, Property
from bench.types import Count, Whole

if TYPE_CHECKING:
    from torch import Generator
    from transformers import PreTrainedModel

    from bench.models.parts import Part
    from bench.models.shape import Shape


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Prefix(Insert):
    """Trained keys and values in every block."""

    key = "prefix"
    source = "Li and Liang 2021, equation 3, arXiv 2101.00190"

    tokens: Count
    """Number n of prefix positions."""
    hidden: Whole = 0
    """Width of the MLP's middle; 0 trains keys and values themselves."""
    start: Literal["random", "zero"] = "random"
    """`zero` sets all keys and values to zero, which still take part in the softmax."""

    @property
    def lacks(self) -> Mapping[Property, str]:
        """The base model's own output, and a plain weight."""
        return {
            "identity": "the queries attend to the prefix from the start, even to one of zeros",
            "merge": "the prefix adds positions to the attention, which no weight does",
        }

    def put_on(
        self,
        model: PreTrainedModel,
        parts: Sequence[Part],
        generator: Generator,
    ) -> None:
        """Hang the prefix into every attention."""
        from bench.models.prefixed import put_prefix

        put_prefix(model, self.tokens, self.hidden, zero=self.start == "zero", generator=generator)

    def count(self, shape: Shape, parts: Sequence[Part]) -> int:
        """2 n L w; with the MLP n w + (w + 1) hidden + (hidden + 1) 2 L w."""
        w = shape.linears["key"][0]
        both = 2 * shape.blocks * w
        if self.hidden == 0:
            return self.tokens * both
        return self.tokens * w + (w + 1) * self.hidden + (self.hidden + 1) * both
