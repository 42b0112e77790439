"""Small models with random weights, and a tokenizer whose every token is a word."""

from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer, decoders, models
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

END = "<end>"
WORDS = [END, "<pad>", *"abcdefghijklmnopqrst"]
POSITIONS = 64
SEEDS = {"gpt2": 1, "llama": 2}
"""Weights that often choose the end token, so that texts of many lengths appear."""


def _wordy(words: list[str]) -> PreTrainedTokenizerBase:
    """Texts of different tokens differ, so that equal texts mean equal tokens."""
    inner = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}))
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=END)


def build(family: str, vocabulary: int, seed: int) -> PreTrainedModel:
    """A model whose large random weights make its choices clear and varied."""
    torch.manual_seed(seed)
    common = {"vocab_size": vocabulary, "bos_token_id": None, "eos_token_id": None}
    if family == "gpt2":
        return GPT2LMHeadModel(
            GPT2Config(
                n_embd=32,
                n_layer=2,
                n_head=4,
                n_positions=POSITIONS,
                initializer_range=0.4,
                **common,
            )
        ).eval()
    return LlamaForCausalLM(
        LlamaConfig(
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=POSITIONS,
            initializer_range=0.4,
            tie_word_embeddings=False,
            **common,
        )
    ).eval()


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerBase:
    return _wordy(WORDS)


@pytest.fixture(scope="session")
def few_words() -> PreTrainedTokenizerBase:
    """A vocabulary so small that every text can be tried."""
    return _wordy(["<end>", "a", "b", "c", "d"])


@pytest.fixture(scope="session", params=["gpt2", "llama"])
def model(request) -> PreTrainedModel:
    return build(request.param, len(WORDS), SEEDS[request.param])


@pytest.fixture(scope="session", params=["gpt2", "llama"])
def few_words_model(request) -> PreTrainedModel:
    return build(request.param, 5, seed=3)
