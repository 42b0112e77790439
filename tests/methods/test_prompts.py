"""Virtual tokens against HF PEFT and against a forward pass written out block by block."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from peft import PromptTuningConfig, get_peft_model

from bench.config import DecodeConfig
from bench.decoding.generate import generate
from bench.decoding.stopping import readable, stop_tokens
from bench.errors import ConfigError
from bench.methods.prompts import Prelayer
from bench.models.shape import Shape
from tests.methods.every import IDS, attached, logits, method, plain, train

GREEDY = DecodeConfig(
    beams=1, length_penalty=1.0, no_repeat_ngram=0, max_new_tokens=6, batch_size=4
)


@pytest.mark.parametrize("model", ["tiny_gpt2", "tiny_llama"])
def test_prompt_gives_the_logits_of_peft(model: str) -> None:
    """PEFT's PromptEmbedding with the same vectors, before an unpadded batch."""
    made = attached(method("prompt", tokens=5), model)
    train(made, 2)
    config = PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=5)
    oracle: Any = get_peft_model(plain(model).model, config)
    rows = made.model.get_input_embeddings().rows
    with torch.no_grad():
        oracle.prompt_encoder["default"].embedding.weight.copy_(rows)
        expected = oracle(input_ids=IDS).logits[:, 5:]
        torch.testing.assert_close(logits(made), expected, atol=1e-6, rtol=1e-5)


def test_prompt_starts_with_tokens_of_the_vocabulary() -> None:
    """Every row is one of the embedding's, so the start is a prompt of real tokens."""
    made = attached(method("prompt"), "tiny_llama")
    embedding = made.model.get_input_embeddings()
    equal = (embedding.rows[:, None] == embedding.weight[None]).all(-1)
    assert equal.any(1).all()
    real = equal.int().argmax(1).expand(len(IDS), -1)
    bare = plain("tiny_llama").model
    with torch.no_grad():
        expected = bare(input_ids=torch.cat((real, IDS), 1)).logits[:, 20:]
        torch.testing.assert_close(logits(made), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", ["prompt", "prelayer"])
def test_tokens_of_the_vocabulary_pass_unchanged(name: str) -> None:
    """Without a virtual token in the input the model is the base model, bit for bit."""
    made = attached(method(name), "tiny_gpt2")
    with torch.no_grad():
        expected = plain("tiny_gpt2").model(input_ids=IDS).logits
        assert torch.equal(made.model(input_ids=IDS).logits, expected)


def test_prelayer_count_is_the_published_one() -> None:
    """14 vectors at each of GPT-2 medium's 24 blocks: 0.34M, printed as 0.35M."""
    shape = Shape(blocks=24, width=1024, linears={})
    assert Prelayer(before=7, behind=7).count(shape, ()) == 24 * 1024 * 14 == 344_064


def test_prelayer_replaces_the_input_of_every_block() -> None:
    """GPT-2 run block by block, with the vectors written over positions 0, 1 and 14."""
    made = attached(method("prelayer", before=2, behind=1), "tiny_gpt2")
    train(made, 2)
    bare = plain("tiny_gpt2").model.transformer
    with torch.no_grad():
        fill = torch.zeros(len(IDS), 3, dtype=torch.long)
        ids = torch.cat((fill[:, :2], IDS, fill[:, 2:]), 1)
        h = bare.wte(ids) + bare.wpe(torch.arange(15))
        causal = torch.ones(15, 15, dtype=torch.bool).tril()[None, None]
        for block, ours in zip(bare.h, made.model.transformer.h, strict=True):
            h[:, [0, 1, 14]] = ours.replaced.vectors
            out = block(h, attention_mask=causal)
            h = (out[0] if isinstance(out, tuple) else out).clone()
        expected = plain("tiny_gpt2").model.lm_head(bare.ln_f(h))[:, 2:14]
        torch.testing.assert_close(logits(made), expected, atol=1e-6, rtol=1e-5)


@torch.no_grad()
def recomputed(model: Any, prompt: list[int], stops: list[int]) -> list[int]:
    """Greedy tokens, each from a forward pass over everything before it."""
    ids = list(prompt)
    while len(ids) < len(prompt) + GREEDY.max_new_tokens and ids[-1] not in stops:
        ids.append(
            int(model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].argmax())
        )
    return ids[len(prompt) :]


@pytest.mark.parametrize("model", ["tiny_gpt2", "tiny_llama"])
@pytest.mark.parametrize("name", ["prompt", "prelayer", "prefix"])
def test_cached_generation_is_full_recomputation(
    name: str, model: str, tiny_model: Callable[..., Any]
) -> None:
    """Prompts of two lengths, padded together, give what each gives alone without a cache."""
    made, tokenizer = attached(method(name), model), tiny_model(model).tokenizer
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for tensor in made.model.parameters():
            # Noise, so that every token depends on all before it.
            tensor.add_(0.3 * torch.randn(tensor.shape, generator=generator))
    before, behind = made.virtual_tokens
    rows = [IDS[0].tolist(), IDS[1, :5].tolist()]
    prompts = [[*before, *row, *behind, 150] for row in rows]
    stops = stop_tokens(tokenizer)
    found = [recomputed(made.model, prompt, stops) for prompt in prompts]
    assert min(len(set(tokens)) for tokens in found) > 1
    expected = [readable(tokenizer, tokens, stops) for tokens in found]
    assert generate(made.model, tokenizer, prompts, GREEDY) == expected
    bare = [recomputed(made.model, [*row, 150], stops) for row in rows]
    assert (bare != found) == any(made.virtual_tokens)


@pytest.mark.parametrize("name", ["prompt", "prelayer", "prefix"])
def test_copies_are_independent_models(name: str) -> None:
    """Training a copy leaves the first model as it was."""
    made = attached(method(name), "tiny_gpt2")
    other = copy.deepcopy(made)
    with torch.no_grad():
        before = logits(made)
        assert torch.equal(logits(other), before)
    train(other, 2)
    with torch.no_grad():
        assert torch.equal(logits(made), before)
        assert not torch.equal(logits(other), before)


def test_prelayer_without_a_token_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"one of them must be 1 or more"):
        method("prelayer", before=0, behind=0)
