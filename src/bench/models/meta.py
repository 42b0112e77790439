"""A model without its values: every shape and name of the loaded one, and no memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from bench.models.architecture import stated
from bench.models.config import RandomSource
from bench.models.heads import ClassifierHead, Head, check_head, head_names
from bench.models.quiet import quiet
from bench.models.random_weights import random_configuration
from bench.models.split import split_projections

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from bench.models.config import ModelConfig


class Outline(NamedTuple):
    """What `bench.models.load` would return, on the meta device."""

    model: PreTrainedModel
    head: frozenset[str]
    """Names of the new classification head's tensors; empty for generation."""


def meta_model(config: ModelConfig, head: Head) -> Outline:
    """Build the model that `config` states, with `head`, from neither weights nor network.

    Raises a ModelError where `config` states no shapes, or the architecture carries no
    such head.
    """
    check_head(head, config.family, config.name)
    kind: Any = AutoModelForCausalLM
    with quiet(), torch.device("meta"):
        if isinstance(config.source, RandomSource):
            settings = random_configuration(config.source, config.name)
        else:
            settings = stated(config)
        if isinstance(head, ClassifierHead):
            kind = AutoModelForSequenceClassification
            settings.num_labels = head.labels
        model = kind.from_config(settings)
    split_projections(model)
    model.requires_grad_(requires_grad=False)
    names = head_names(model) if isinstance(head, ClassifierHead) else frozenset()
    return Outline(model, names)
