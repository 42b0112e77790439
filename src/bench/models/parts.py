"""Canonical names of the linear maps in a transformer block, for every architecture.

`query key value output` are the four projections of attention; `gate up down` are the
feed-forward layer, with `gate` only where it is gated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from bench.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import nn
    from transformers import PreTrainedModel

    from bench.models.dense import LinearMap

Family = Literal["llama", "gemma", "gpt2", "roberta", "bert"]
Part = Literal["query", "key", "value", "output", "gate", "up", "down"]

LLAMA: dict[Part, str] = {
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "output": "self_attn.o_proj",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}
GPT2: dict[Part, str] = {
    "query": "attn.c_attn.query",
    "key": "attn.c_attn.key",
    "value": "attn.c_attn.value",
    "output": "attn.c_proj",
    "up": "mlp.c_fc",
    "down": "mlp.c_proj",
}
BERT: dict[Part, str] = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
    "up": "intermediate.dense",
    "down": "output.dense",
}

FAMILIES: dict[str, dict[Part, str]] = {
    "llama": LLAMA,
    "gemma": LLAMA,
    "gpt2": GPT2,
    "roberta": BERT,
    "bert": BERT,
}
"""Part names below one block, by the `model_type` of the transformers configuration."""

BLOCKS: dict[str, str] = {
    "llama": "layers",
    "gemma": "layers",
    "gpt2": "h",
    "roberta": "encoder.layer",
    "bert": "encoder.layer",
}
"""Where the blocks are below the base model, by `model_type`."""


class Place(NamedTuple):
    """A linear map and where it hangs: `getattr(parent, attribute) is linear`."""

    block: int
    """Number of the transformer block, from 0."""
    part: Part
    parent: nn.Module
    attribute: str
    linear: LinearMap
    """A plain linear map with weight (o, i), bias (o,) or none; or what stands in for one."""


def family(model: PreTrainedModel) -> str:
    """Return the architecture of `model`, or a ModelError that names the supported ones."""
    name = str(model.config.model_type)
    if name not in FAMILIES:
        raise ModelError(f"model_type={name}: supported: {', '.join(sorted(FAMILIES))}")
    return name


def blocks(model: PreTrainedModel) -> nn.ModuleList:
    """Return the transformer blocks of a causal, a classification or a bare model, in order."""
    from torch import nn

    found = model.base_model.get_submodule(BLOCKS[family(model)])
    if not isinstance(found, nn.ModuleList):
        raise ModelError(f"{type(model).__name__}: its blocks are a {type(found).__name__}")
    return found


def linears(model: PreTrainedModel, parts: Iterable[Part]) -> Iterator[Place]:
    """Yield every linear map of the wanted `parts`, block by block, in the order of `parts`.

    Raises a ModelError for a part that the architecture lacks, and where a map is no
    plain linear map (any more).
    """
    from bench.models.dense import LinearMap

    names = FAMILIES[family(model)]
    wanted = tuple(parts)
    for part in wanted:
        if part not in names:
            raise ModelError(
                f"part {part}: {family(model)} has no such part; it has {', '.join(names)}"
            )
    for index, block in enumerate(blocks(model)):
        for part in wanted:
            above, _, attribute = names[part].rpartition(".")
            parent = block.get_submodule(above)
            linear = getattr(parent, attribute)
            if not isinstance(linear, LinearMap):
                raise ModelError(
                    f"block {index}, {part}: a {type(linear).__name__} is there instead of a "
                    "plain linear map; load the model with bench.models.load"
                )
            yield Place(index, part, parent, attribute, linear)
