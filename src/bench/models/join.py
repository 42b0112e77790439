"""GPT-2 as transformers has it again: the inverse of `split.py`.

attn.c_attn.{query,key,value}.weight  (o, i) -> attn.c_attn.weight  (i, 3o)
attn.c_attn.{query,key,value}.bias    (o,)   -> attn.c_attn.bias    (3o,)
{attn.c_proj,mlp.c_fc,mlp.c_proj}.weight  (o, i) -> the same name   (i, o)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from bench.errors import ModelError
from bench.models.parts import blocks, family
from bench.models.split import SplitAttention

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SLOTS = ("query", "key", "value")
"""Order of the columns of `c_attn`."""


def _plain(module: nn.Module, place: str) -> nn.Linear:
    """Refuse what is no `nn.Linear`: a method is still on it."""
    if not isinstance(module, nn.Linear):
        raise ModelError(f"{place}: a {type(module).__name__} cannot be joined; merge it first")
    return module


def _conv(linears: Sequence[nn.Linear]) -> Conv1D:
    """One `Conv1D` of the maps side by side; it owns a copy of the values."""
    weight = torch.cat([linear.weight.detach() for linear in linears]).t()
    bias = torch.cat([_bias(linear) for linear in linears])
    inputs, outputs = weight.shape
    with torch.device("meta"):
        joined = Conv1D(outputs, inputs)
    trains = any(linear.weight.requires_grad for linear in linears)
    joined.weight = nn.Parameter(weight.clone(memory_format=torch.contiguous_format), trains)
    joined.bias = nn.Parameter(bias.clone(), trains)
    return joined


def _bias(linear: nn.Linear) -> Tensor:
    """(o,); GPT-2's linear maps all have one."""
    return linear.bias.detach()


def join_projections(model: PreTrainedModel) -> None:
    """Put GPT-2's `Conv1D` back in place; a model of another architecture is left as it is.

    Raises a ModelError where a map is no plain linear map.
    """
    if family(model) != "gpt2":
        return
    for parent in list(blocks(model).modules()):
        if isinstance(parent, SplitAttention):
            continue
        for name, child in list(parent.named_children()):
            if isinstance(child, SplitAttention):
                parts = [_plain(getattr(child, slot), f"c_attn.{slot}") for slot in SLOTS]
                setattr(parent, name, _conv(parts))
            elif isinstance(child, nn.Linear):
                setattr(parent, name, _conv([child]))
