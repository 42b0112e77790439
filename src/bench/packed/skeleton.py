"""Copies of a model that share its tensors: modules are new, memory is not."""

from __future__ import annotations

import copy
from itertools import chain

from transformers import PreTrainedModel


def shared_copy(model: PreTrainedModel, own: frozenset[str] = frozenset()) -> PreTrainedModel:
    """A model of new modules around the same parameters and buffers.

    What is put on one copy is not on another. Parameters named `own` are copied.
    """
    named = chain(model.named_parameters(), model.named_buffers())
    shared = {id(tensor): tensor for name, tensor in named if name not in own}
    return copy.deepcopy(model, shared)
