"""A model of known shapes with random weights, and random rows as long as E2E's."""

from __future__ import annotations

from typing import Any

import torch
from transformers import AutoModelForCausalLM

from bench.attach.attach import Attached
from bench.models.architecture import stated
from bench.models.config import ModelConfig, RandomSource
from bench.models.heads import CausalHead, check_head
from bench.models.load import Loaded, load, settle
from bench.models.quiet import quiet
from bench.models.tokenizer import VOCABULARY, byte_tokenizer
from bench.training.text import TextLine

MEAN, SPREAD, SHORTEST, LONGEST = 63.0, 14.0, 30, 110
"""Tokens of a line of E2E (input, separator, text, end) with GPT-2's tokenizer."""
INPUT = 0.55
"""Part of a line that is input, and bears no loss."""
TRAINING, VALIDATION, INPUTS = 42_061, 4_672, 630
"""Rows of E2E's splits, and the different inputs of its test set (results/tables, LoRMA's
Table 12, counts them)."""


def random_shaped(
    config: ModelConfig, dtype: torch.dtype, device: torch.device, seed: int
) -> Loaded:
    """A language model of the shapes that `config` states, its weights drawn on `device`.

    Its tokenizer knows bytes only; what is behind them in the vocabulary reads as nothing.
    """
    check_head(CausalHead(), config.family, config.name)
    if isinstance(config.source, RandomSource):
        return load(config, head=CausalHead(), dtype=dtype, device=device, seed=seed)
    kind: Any = AutoModelForCausalLM
    settings = stated(config)
    torch.manual_seed(seed)
    with quiet(), device:
        model = kind.from_config(settings, dtype=dtype)
    tokenizer = byte_tokenizer(pairs=False)
    model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id
    settle(model, device)
    return Loaded(
        model=model,
        tokenizer=tokenizer,
        head=frozenset(),
        name=config.name,
        revision=None,
        sha256="",
    )


def random_lines(attached: Attached, number: int, seed: int) -> list[TextLine]:
    """Lines of random tokens, the method's virtual ones among them."""
    before, behind = attached.virtual_tokens
    lines = []
    for ids in _random_ids(attached.model.config.vocab_size, number, seed):
        inputs = round(INPUT * len(ids))
        whole = (*before, *ids[:inputs], *behind, *ids[inputs:])
        lines.append(TextLine(whole, inputs + len(before) + len(behind)))
    return lines


def random_prompts(vocabulary: int, number: int, seed: int) -> list[list[int]]:
    """Inputs of random tokens."""
    lines = _random_ids(vocabulary, number, seed)
    return [list(ids[: round(INPUT * len(ids))]) for ids in lines]


def _random_ids(vocabulary: int, number: int, seed: int) -> list[tuple[int, ...]]:
    """Token ids of some lines."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.normal(MEAN, SPREAD, (number,), generator=generator)
    first = min(VOCABULARY, vocabulary // 2)
    return [
        tuple(torch.randint(first, vocabulary, (length,), generator=generator).tolist())
        for length in lengths.round().clamp(SHORTEST, LONGEST).int().tolist()
    ]
