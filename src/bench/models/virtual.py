"""Virtual tokens: identifiers behind the vocabulary, with vectors that train.

`VirtualEmbedding` takes the place of a model's input embedding and gives each virtual token
its row of a table. `ReplacedActivations` does so at the input of one block instead: what the
blocks below computed at a virtual position is replaced by a trained vector. A token of the
vocabulary, as every generated one is, passes both unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from bench.models.parts import blocks

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class VirtualEmbedding(nn.Module):
    """The frozen embedding, which knows identifiers `vocabulary`, `vocabulary` + 1, ... too."""

    def __init__(self, base: nn.Module, vocabulary: int, rows: Tensor | None) -> None:
        super().__init__()
        self.base = base
        self.vocabulary = vocabulary
        self.rows = None if rows is None else nn.Parameter(rows)
        """(virtual tokens, d) as the base embedding gives them out; None gives an arbitrary row."""
        self.places: Tensor | None = None
        """Number of the virtual token at each position of the running forward pass, negative
        at real ones: (batch, length)."""

    @property
    def weight(self) -> Tensor:
        """The table of the vocabulary, to which an output embedding may be tied."""
        weight = self.base.weight
        assert isinstance(weight, Tensor)  # noqa: S101
        return weight

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, length) identifiers to (batch, length, d)."""
        self.places = ids - self.vocabulary
        virtual = self.places >= 0
        found: Tensor = self.base(ids.masked_fill(virtual, 0))
        return found if self.rows is None else _put(self.rows, self.places, found)

    def forget(self, model: nn.Module, args: tuple[Any, ...], output: object) -> None:  # noqa: ARG002
        """The forward pass of the whole model is over."""
        self.places = None


class ReplacedActivations(nn.Module):
    """Vectors (virtual tokens, d) that stand for the input of one block."""

    def __init__(self, embedding: VirtualEmbedding, vectors: Tensor) -> None:
        super().__init__()
        self.vectors = nn.Parameter(vectors)
        # In a tuple, so that the embedding does not become a part of this module.
        self._embedding = (embedding,)

    def replace(self, block: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:  # noqa: ARG002
        """The block's arguments with the hidden state (batch, length, d) replaced."""
        hidden, *others = args
        places = self._embedding[0].places
        if places is None:
            raise RuntimeError("virtual tokens need identifiers; the model was given embeddings")
        return (_put(self.vectors, places, hidden), *others)


def _put(rows: Tensor, places: Tensor, hidden: Tensor) -> Tensor:
    """`hidden` with rows[place] at every position whose place is not negative."""
    own = rows[places.clamp(min=0)].to(hidden.dtype)
    return torch.where((places >= 0)[..., None], own, hidden)


def embed_virtual(model: PreTrainedModel, rows: Tensor | None) -> VirtualEmbedding:
    """Let `model` read virtual tokens, the first of which has the identifier `vocab_size`."""
    embedding = VirtualEmbedding(
        model.get_input_embeddings(),
        model.config.vocab_size,
        None if rows is None else rows.to(model.device),
    )
    model.set_input_embeddings(embedding)
    model.base_model.register_forward_hook(embedding.forget)
    return embedding


def replace_activations(model: PreTrainedModel, vectors: Sequence[Tensor]) -> None:
    """Train what every block reads at virtual positions: vectors (virtual tokens, d) for each."""
    embedding = embed_virtual(model, None)
    for block, own in zip(blocks(model), vectors, strict=True):
        replaced = ReplacedActivations(embedding, own.to(model.device))
        block.add_module("replaced", replaced)
        block.register_forward_pre_hook(replaced.replace)
