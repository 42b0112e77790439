"""Attention with trained keys and values before the real ones.

transformers lets a model's attention be any registered function. The one here prepends the
prefix behind the cache, which therefore holds real tokens alone, lets every query see it,
and leaves the rest to transformers' scaled-dot-product attention.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from peft import PrefixEncoder, PrefixTuningConfig
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from bench.errors import ModelError
from bench.models.parts import blocks, family
from bench.models.shape import shape_of
from bench.tensors.draw import kaiming_uniform, normal

if TYPE_CHECKING:
    from torch import Generator
    from transformers import PreTrainedModel

ATTENTION = {
    "llama": "self_attn",
    "gemma": "self_attn",
    "gpt2": "attn",
    "roberta": "attention.self",
    "bert": "attention.self",
}
"""The module below a block that transformers hands to its attention function."""

IMPLEMENTATION = "prefixed_sdpa"


class Prefixes(nn.Module):
    """The prefix of all blocks: n positions with a key and a value of `heads` heads each."""

    def __init__(self, encoder: nn.Module, tokens: int, blocks: int, heads: int) -> None:
        super().__init__()
        self.encoder = encoder
        self._shape = (tokens, blocks, 2, heads, -1)
        self._made: Tensor | None = None

    def forward(self) -> Tensor:
        """(blocks, key and value, heads, n, head width), in PEFT's order of the values."""
        device = next(self.encoder.parameters()).device
        flat: Tensor = self.encoder(torch.arange(self._shape[0], device=device))
        return flat.view(self._shape).permute(1, 2, 3, 0, 4)

    def of(self, block: int) -> Tensor:
        """Key and value (2, heads, n, head width) of one block."""
        return (self() if self._made is None else self._made)[block]

    def make(self, model: nn.Module, args: tuple[Any, ...]) -> None:  # noqa: ARG002
        """Compute the prefix of all blocks once in a forward pass."""
        self._made = self()

    def forget(self, model: nn.Module, args: tuple[Any, ...], output: object) -> None:  # noqa: ARG002
        """The forward pass is over, and the tensors may change."""
        self._made = None


def extended(
    mask: Tensor | None, prefix: int, queries: int, keys: int, *, causal: bool, device: torch.device
) -> Tensor | None:
    """The mask with `prefix` more keys in front, which all queries see.

    (..., queries, keys) to (..., queries, prefix + keys), True or 0 where a key is seen. No mask
    stands for the causal one, or for all keys.
    """
    if mask is None:
        if not causal or queries == 1:
            return None
        mask = torch.ones((queries, keys), dtype=torch.bool, device=device).tril()
    return functional.pad(mask, (prefix, 0), value=mask.dtype == torch.bool)


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    is_causal: bool | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention of a module that has a `prefix`, as transformers calls it.

    Query (batch, heads, queries, head width), key and value (batch, key heads, keys, head width).
    """
    prefixes, block = module.prefix  # type: ignore[misc]
    own = prefixes.of(block).to(key.dtype)
    causal = bool(getattr(module, "is_causal", True) if is_causal is None else is_causal)
    mask = extended(
        attention_mask, own.shape[2], query.shape[2], key.shape[2],
        causal=causal, device=key.device,
    )  # fmt: skip
    head_key, head_value = own[:, None].expand(-1, len(key), -1, -1, -1)
    return sdpa_attention_forward(
        module,
        query,
        torch.cat((head_key, key), dim=2),
        torch.cat((head_value, value), dim=2),
        mask,
        is_causal=False,
        **others,
    )


# Functions are looked up by the name in a model's configuration, in these two tables.
AttentionInterface.register(IMPLEMENTATION, attend)
AttentionMaskInterface.register(IMPLEMENTATION, sdpa_mask)


def put_prefix(
    model: PreTrainedModel, tokens: int, hidden: int, *, zero: bool, generator: Generator
) -> None:
    """Give every block `tokens` trained keys and values; with `hidden` through PEFT's MLP.

    Raises ModelError where the model's attention is not transformers' `sdpa`.
    """
    before = model.config._attn_implementation
    if before != "sdpa":
        raise ModelError(f"attn_implementation={before}: the prefix method needs sdpa")
    shape = shape_of(model)
    width = shape.linears["key"][0]
    modules = [block.get_submodule(ATTENTION[family(model)]) for block in blocks(model)]
    config = PrefixTuningConfig(
        num_virtual_tokens=tokens,
        token_dim=width,
        num_layers=shape.blocks,
        encoder_hidden_size=hidden,
        prefix_projection=hidden > 0,
    )
    encoder: nn.Module = PrefixEncoder(config)  # type: ignore[no-untyped-call]
    _draw(encoder, zero=zero, generator=generator)
    prefixes = Prefixes(encoder.to(model.device), tokens, shape.blocks, _key_heads(model))
    model.add_module("prefixes", prefixes)
    model.base_model.register_forward_pre_hook(prefixes.make)
    model.base_model.register_forward_hook(prefixes.forget)
    for index, module in enumerate(modules):
        # A tuple, so that the prefixes do not become a part of each attention.
        module.prefix = (prefixes, index)  # type: ignore[assignment]
    _own_configuration(model)
    model.set_attn_implementation(IMPLEMENTATION)


def _own_configuration(model: PreTrainedModel) -> None:
    """Part the model from others that were made from the same configuration object."""
    shared, own = model.config, copy.deepcopy(model.config)
    for module in model.modules():
        if getattr(module, "config", None) is shared:
            module.config = own  # type: ignore[assignment]


def _key_heads(model: PreTrainedModel) -> int:
    """Number of key heads, which groups of query heads may share."""
    heads: int = getattr(model.config, "num_key_value_heads", model.config.num_attention_heads)
    return heads


@torch.no_grad()
def _draw(encoder: nn.Module, *, zero: bool, generator: Generator) -> None:
    """PEFT's start from an explicit generator: embeddings normal, maps as `nn.Linear` has them.

    `zero` sets what the encoder gives out to zero.
    """
    last = list(encoder.modules())[-1]
    for module in encoder.modules():
        if isinstance(module, nn.Embedding):
            module.weight.copy_(normal(tuple(module.weight.shape), 1.0, generator))
        elif isinstance(module, nn.Linear):
            o, i = module.weight.shape
            module.weight.copy_(kaiming_uniform((o, i), generator))
            module.bias.copy_(kaiming_uniform((o, i), generator)[:, 0])
        if zero and module is last:
            for tensor in module.parameters():
                tensor.zero_()
