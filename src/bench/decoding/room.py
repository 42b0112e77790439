"""How many inputs are decoded together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from bench.config import DecodeConfig

ON_CPU = 16
"""Inputs at once on a CPU, where larger batches gain nothing."""

SHARE = 0.6
"""Of the free memory that a batch may fill: the rest is for what is computed on the way."""

COPIES = 6
"""Scores of the whole vocabulary in fp32 that a step of the search holds at once."""


def inputs_that_fit(model: PreTrainedModel, width: int, config: DecodeConfig) -> int:
    """Inputs of at most `width` tokens that the memory holds with all their beams."""
    if model.device.type != "cuda":
        return ON_CPU
    free, _ = torch.cuda.mem_get_info(model.device)
    return max(int(SHARE * free / bytes_of_input(model, width, config)), 1)


def bytes_of_input(model: PreTrainedModel, width: int, config: DecodeConfig) -> int:
    """Memory of one input: for each beam its keys and values, twice, and its scores.

    Twice, because beams change places.
    """
    stated = model.config
    heads = getattr(stated, "num_key_value_heads", None) or stated.num_attention_heads
    wide = getattr(stated, "head_dim", None) or stated.hidden_size // stated.num_attention_heads
    length = width + config.max_new_tokens
    values = 2 * stated.num_hidden_layers * heads * wide * length
    size = torch.empty(0, dtype=model.dtype).element_size()
    return int(config.beams * (2 * values * size + COPIES * 4 * stated.vocab_size))
