"""The same model with fewer kernels: what some modules compute, written in fewer operations.

    GPT-2's activation   eight element-wise operations ► torch's gelu with tanh
    GPT-2's projections  three products side by side   ► one, where nothing is adapted
    an odd head          50,257 outputs                ► 50,264, the last ones cut off
    autocast             casts around each norm        ► none, where all is in one precision

Results agree but for the order of roundings.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.activations import NewGELUActivation

from bench.models.compiled import aligned_head
from bench.models.split import SplitAttention, tied_projections

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class OneProduct(nn.Module):
    """Query, key and value of an attention without a method on it, in one product."""

    def __init__(self, split: SplitAttention) -> None:
        super().__init__()
        assert split.tied is not None  # noqa: S101
        self.weight = split.tied
        self.bias = split.tied_bias

    def forward(self, x: Tensor) -> Tensor:
        """(..., i) -> (..., 3o)."""
        return functional.linear(x, self.weight, self.bias)


class Fused:
    """What stands for parts of a model, made once, since recordings read it where it is."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model
        self._head = aligned_head(model)
        with tied_projections(model):
            self._places = [
                (parent, name, instead)
                for parent in model.modules()
                for name, child in parent.named_children()
                if (instead := fewer_kernels(child)) is not None
            ]

    @property
    def _needless(self) -> bool:
        """Whether autocast would cast to what everything is in."""
        device = self._model.device.type
        if not torch.is_autocast_enabled(device):
            return False
        wanted = torch.get_autocast_dtype(device)
        return all(tensor.dtype == wanted for tensor in self._model.parameters())

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let the model compute so meanwhile."""
        own = [(parent, name, getattr(parent, name)) for parent, name, _ in self._places]
        head = self._model.get_output_embeddings()
        for parent, name, instead in self._places:
            setattr(parent, name, instead)
        self._model.set_output_embeddings(self._head)
        casts = torch.is_autocast_enabled(self._model.device.type) and not self._needless
        try:
            with torch.autocast(self._model.device.type, enabled=casts):
                yield
        finally:
            for parent, name, child in own:
                setattr(parent, name, child)
            self._model.set_output_embeddings(head)


def fuse_activations(model: nn.Module) -> None:
    """Let every activation be one kernel from now on."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, NewGELUActivation):
                setattr(parent, name, fewer_kernels(child))


def fewer_kernels(module: nn.Module) -> nn.Module | None:
    """What stands for a module, if anything does."""
    if isinstance(module, NewGELUActivation):
        return nn.GELU(approximate="tanh")
    if isinstance(module, SplitAttention) and module.tied is not None and module.plain:
        return OneProduct(module)
    return None
