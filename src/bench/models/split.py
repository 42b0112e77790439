"""GPT-2 with one plain linear map a part.

GPT-2 stores query, key and value of a block as the single map `attn.c_attn`, and its
linear maps as `Conv1D`, whose weight is (in, out). A method that adapts `c_attn` as a
whole changes the key too, and its parameter count does not show it. Here every map
becomes an `nn.Linear` with a weight (out, in), so that all methods see the same parts:

    transformer.h.N.attn.c_attn.weight  (i, 3o) -> attn.c_attn.{query,key,value}.weight  (o, i)
    transformer.h.N.attn.c_attn.bias    (3o,)   -> attn.c_attn.{query,key,value}.bias    (o,)
    transformer.h.N.{attn.c_proj,mlp.c_fc,mlp.c_proj}.weight  (i, o) -> the same name     (o, i)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.pytorch_utils import Conv1D


class SplitAttention(nn.Module):
    """Query, key and value side by side: (..., i) -> (..., 3o), as GPT-2 expects them."""

    def __init__(self, query: nn.Linear, key: nn.Linear, value: nn.Linear) -> None:
        super().__init__()
        self.query = query
        self.key = key
        self.value = value

        self.tied: Tensor | None = None
        """The three frozen weights as one (3o, i), whose memory is theirs; None while apart."""

    @property
    def plain(self) -> bool:
        """Whether no method is on any of the three."""
        return all(type(part) is nn.Linear for part in (self.query, self.key, self.value))

    @property
    def tied_bias(self) -> Tensor:
        """The three biases as one (3o,)."""
        return torch.cat([part.bias for part in (self.query, self.key, self.value)])

    def forward(self, x: Tensor) -> Tensor:
        """Concatenate the three projections along the last dimension."""
        parts = (self.query, self.key, self.value)
        if self.tied is None or not torch.compiler.is_compiling():
            return torch.cat([part(x) for part in parts], dim=-1)
        # A plain tensor's sizes are unknown to compiled code, where a parameter's are constants.
        torch._dynamo.mark_static(self.tied)
        products = sliced(functional.linear(x, self.tied), 3)
        return side_by_side([rest(p, x, z) for p, z in zip(parts, products, strict=True)])

    @torch.no_grad()
    def tie(self) -> None:
        """Let one product stand for three, where all three weights are plain and frozen.

        Weights that do not lie behind each other in memory are moved there.
        """
        maps = [getattr(part, "base", part) for part in (self.query, self.key, self.value)]
        plain = all(type(held) is nn.Linear and not held.weight.requires_grad for held in maps)
        if not plain or len({(held.weight.shape, held.weight.dtype) for held in maps}) > 1:
            return
        weights = [held.weight for held in maps]
        if not adjacent(weights):
            for held, weight in zip(maps, torch.cat(weights).chunk(3), strict=True):
                held.weight.data = weight
        first = maps[0].weight.detach()
        o, i = first.shape
        self.tied = first.as_strided((3 * o, i), (i, 1), first.storage_offset())


def adjacent(tensors: Sequence[Tensor]) -> bool:
    """Whether contiguous tensors of one shape lie behind each other in one memory."""
    first = tensors[0]
    return all(
        tensor.is_contiguous()
        and tensor.untyped_storage().data_ptr() == first.untyped_storage().data_ptr()
        and tensor.storage_offset() == first.storage_offset() + k * first.numel()
        for k, tensor in enumerate(tensors)
    )


def sliced(z: Tensor, count: int) -> list[Tensor]:
    """Equal parts of the last dimension, whose gradients are added up; `chunk`'s are concatenated.

    Compiled, this and `side_by_side` are faster: element-wise kernels of a step of GPT-2 medium
    with LoRA take 1.7 ms for 2.0 on an H200 (results/speed), though they are as many.
    """
    o = z.shape[-1] // count
    return [z[..., k * o : (k + 1) * o] for k in range(count)]


def side_by_side(parts: Sequence[Tensor]) -> Tensor:
    """Parts of one size along the last dimension, as a sum of what is filled up with zeros."""
    o, last = parts[0].shape[-1], len(parts) - 1
    first, *others = [functional.pad(y, (k * o, (last - k) * o)) for k, y in enumerate(parts)]
    return sum(others, first)


def rest(part: nn.Module, x: Tensor, z: Tensor) -> Tensor:
    """What a part computes from x (..., i), given the product z (..., o) with its weight."""
    if isinstance(part, nn.Linear):
        return z if part.bias is None else z + part.bias
    given: Tensor = part.with_product(x, z)  # type: ignore[operator]
    return given


@contextmanager
def tied_projections(model: nn.Module) -> Iterator[None]:
    """Let the projections of every attention that has been split be one product meanwhile."""
    split = [module for module in model.modules() if isinstance(module, SplitAttention)]
    for module in split:
        module.tie()
    try:
        yield
    finally:
        for module in split:
            module.tied = None


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    """Return the linear map of a (in, out) weight; it owns a copy of the values."""
    inputs, outputs = weight.shape
    linear = nn.Linear(inputs, outputs, device="meta")
    linear.weight = nn.Parameter(weight.detach().t().clone(memory_format=torch.contiguous_format))
    linear.bias = nn.Parameter(bias.detach().clone())
    return linear


def _split(fused: Conv1D) -> SplitAttention:
    """Return the three parts of `c_attn`, whose columns are ordered query, key, value."""
    weights, biases = fused.weight.chunk(3, dim=1), fused.bias.chunk(3)
    query, key, value = (_linear(*pair) for pair in zip(weights, biases, strict=True))
    return SplitAttention(query, key, value)


def split_projections(model: nn.Module) -> None:
    """Replace every Conv1D of `model` in place; a model without one is left as it is."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if not isinstance(child, Conv1D):
                continue
            linear = _split(child) if name == "c_attn" else _linear(child.weight, child.bias)
            setattr(parent, name, linear)
