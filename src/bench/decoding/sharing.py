"""Attention of many beams to the keys that they share.

A model asks for the attention of rows, which are beams. Keys are those of inputs, so that the
beams of one input are taken as its queries:

    queries (inputs x beams, heads, 1, width)  ►  (inputs, heads, beams, width)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn
from transformers import AttentionInterface, PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from bench.models.attention import REPLACED, attend
from bench.models.quiet import quiet
from bench.replay import NotCapturedError


def attend_as_inputs(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    inner: Callable[..., tuple[Tensor, Any]],
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention of one token of each row, as transformers calls it.

    Query (rows, heads, 1, width), key and value (inputs, key heads, slots, width), mask (inputs,
    1, beams, slots); the result is (rows, 1, heads, width).
    """
    by_input = query.squeeze(2).unflatten(0, (len(key), -1)).transpose(1, 2)
    found, _ = inner(module, by_input, key, value, attention_mask, **others)
    return found.flatten(0, 1)[:, None], None


@contextmanager
def shared_keys(model: PreTrainedModel) -> Iterator[None]:
    """Let the rows of `model` attend to keys of their inputs meanwhile.

    A NotCapturedError for a model whose attention cannot be told to.
    """
    before = model.config._attn_implementation
    inner = attend if before == REPLACED else ALL_ATTENTION_FUNCTIONS.get(before)
    if inner is None:
        raise NotCapturedError(f"attn_implementation={before} has no function of its own")
    name = f"{before}_of_inputs"
    AttentionInterface.register(name, partial(attend_as_inputs, inner=inner))
    with quiet():
        model.set_attn_implementation(name)
        try:
            yield
        finally:
            model.set_attn_implementation(before)
