"""What stands on top of the transformer blocks. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ENCODERS = ("bert", "roberta")
"""Architectures whose tokens see what follows them: they cannot generate text."""


@dataclass(frozen=True, kw_only=True)
class CausalHead:
    """The language-model head that the weights come with: logits over the vocabulary."""


@dataclass(frozen=True, kw_only=True)
class ClassifierHead:
    """A sequence-classification head, initialised from the cell's seed where it is new."""

    labels: int
    """Number of classes; 1 for a regression task."""


Head = CausalHead | ClassifierHead


def check_head(head: Head, family: str, name: str) -> None:
    """Raise a ModelError where an architecture cannot carry `head`."""
    if isinstance(head, CausalHead) and family in ENCODERS:
        raise ModelError(
            f"model={name}: {family} is an encoder and generates no text; use it for a "
            "classification task, or name a decoder (gpt2, llama, gemma)"
        )


def outside_base(model: PreTrainedModel) -> frozenset[str]:
    """Names of the parameters outside the base model, of which no file has useful values."""
    below = f"{model.base_model_prefix}."
    return frozenset(name for name, _ in model.named_parameters() if not name.startswith(below))


def head_names(model: PreTrainedModel) -> frozenset[str]:
    """Names of the parameters of a classifier's head, which train with every method.

    In BERT the first of its two layers is the pooler, pretrained and a part of the base model;
    in RoBERTa both layers, `dense` and `out_proj`, stand outside it.
    """
    pooler = f"{model.base_model_prefix}.pooler."
    pooled = (name for name, _ in model.named_parameters() if name.startswith(pooler))
    return outside_base(model).union(pooled)
