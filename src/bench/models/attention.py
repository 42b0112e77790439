"""Attention that asks nothing of its tensors' values, so that it can be captured and compiled.

transformers' own looks at the mask and at the stream it runs on, which a CUDA graph forbids
and which makes torch compile it anew. Here a mask that is given is used, and none means: each
position sees those before it, or all, as the module has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, PreTrainedModel

REPLACED = "sdpa"
"""The only attention of transformers that it stands for."""

IMPLEMENTATION = "unconditional_sdpa"


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    dropout: float = 0.0,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Scaled-dot-product attention of as many keys as queries, as transformers calls it.

    Query (batch, heads, length, width), key and value (batch, key heads, length, width); the
    result is (batch, length, heads, width).
    """
    causal = attention_mask is None and bool(getattr(module, "is_causal", True))
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = (held.repeat_interleave(groups, dim=1) for held in (key, value))
    seen = functional.scaled_dot_product_attention(
        query, key, value, attn_mask=attention_mask, dropout_p=dropout, scale=scaling,
        is_causal=causal,
    )  # fmt: skip
    return seen.transpose(1, 2).contiguous(), None


# Looked up by the name in a model's configuration. No function that makes masks is registered:
# transformers then makes none, and hands on one of four dimensions as it is.
AttentionInterface.register(IMPLEMENTATION, attend)


def causal_mask(model: PreTrainedModel, length: int) -> Tensor | None:
    """What to give `model` so that each position sees those before it: (1, 1, length, length).

    Nothing where it attends in the way above.
    """
    if model.config._attn_implementation == IMPLEMENTATION:
        return None
    every = torch.ones((1, 1, length, length), dtype=torch.bool, device=model.device)
    return every.tril()


@contextmanager
def unconditional(model: PreTrainedModel) -> Iterator[None]:
    """Let `model` attend in this way meanwhile; one with an attention of its own keeps it."""
    before = model.config._attn_implementation
    if before != REPLACED:
        yield
        return
    model.set_attn_implementation(IMPLEMENTATION)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
