"""The base model that all ways share: its frozen weights are in memory once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import nn

from bench.attach.attach import Attached, attach
from bench.methods.compose import MethodConfig
from bench.methods.plugin import Plugin
from bench.models.load import Loaded

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True, kw_only=True)
class Base:
    """Loaded base models by the precision that they are kept in."""

    read: Callable[[torch.dtype], Loaded]
    autocast: bool
    """Whether matrix products run in bf16."""
    held: dict[torch.dtype, Loaded] = field(default_factory=dict)

    def of(self, method: MethodConfig) -> Loaded:
        """The model for a method: in bf16 where that is the arithmetic and nothing of it trains."""
        frozen = self.autocast and method.select is None
        dtype = torch.bfloat16 if frozen else torch.float32
        if dtype not in self.held:
            # A method that needs the other precision is rare, and two models may not fit.
            self.held.clear()
            self.held[dtype] = self.read(dtype)
        return self.held[dtype]

    def attached(self, method: MethodConfig, seed: int, *, dropout: bool) -> Attached:
        """A copy of the model with the method on it, at its start."""
        loaded = self.of(method)
        model = copied(loaded, method)
        made = attach(model, method, seed, loaded.head)
        if not dropout:
            drop_nothing(made.model)
        return made


def copied(loaded: Loaded, method: MethodConfig) -> PreTrainedModel:
    """A copy for `method`, which shares every weight that the method leaves as it is."""
    if method.select is not None or method.init is not None or method.base:
        return copy.deepcopy(loaded.model)
    if any(type(plugin).changed is not Plugin.changed for plugin in method.plugins):
        return copy.deepcopy(loaded.model)
    shared = {
        id(parameter): parameter
        for name, parameter in loaded.model.named_parameters()
        if name not in loaded.head
    }
    return copy.deepcopy(loaded.model, shared)


def twin(attached: Attached) -> Attached:
    """The same method on another copy of the model, with trained tensors of its own.

    What is inserted into a whole model may hold on to that model, so it is put on anew by
    the caller; an update holds on to nothing.
    """
    held = attached.saved()
    frozen = {**dict(attached.model.named_parameters()), **dict(attached.model.named_buffers())}
    shared = {id(tensor): tensor for name, tensor in frozen.items() if name not in held}
    return Attached(copy.deepcopy(attached.model, shared), attached.method, attached.head)


def drop_nothing(model: nn.Module) -> None:
    """Turn dropout off, so that all ways compute the same."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0


def taken(model: nn.Module) -> int:
    """Bytes of the parameters and buffers."""
    tensors = {id(held): held for held in (*model.parameters(), *model.buffers())}
    return sum(held.numel() * held.element_size() for held in tensors.values())


def size(model: PreTrainedModel) -> int:
    """Number of values, those that are used twice counted once."""
    return sum(parameter.numel() for parameter in model.parameters())


def multiplied(model: PreTrainedModel) -> int:
    """Number of values that a token is multiplied with: a table that is looked up in is no work.

    A table of tokens that is also the head counts.
    """
    head = model.get_output_embeddings()
    kept = None if head is None else head.weight
    tables = [m.weight for m in model.modules() if isinstance(m, nn.Embedding)]
    looked_up = {id(table): table.numel() for table in tables if table is not kept}
    return size(model) - sum(looked_up.values())
