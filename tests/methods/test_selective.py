"""Selections of base tensors against printed counts and against transformers' own model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import yaml
from transformers import GPT2Config, GPT2LMHeadModel, RobertaConfig, RobertaForMaskedLM

from bench.attach.attach import attach
from bench.check import build
from bench.errors import ConfigError, ModelError
from bench.models.config import RandomSource
from bench.models.heads import CausalHead
from bench.models.random_weights import random_model
from bench.models.split import split_projections
from bench.paths import config_folder
from tests.methods.every import attached, method, plain, train

D = 48


@pytest.fixture(scope="module")
def gpt2_medium() -> Any:
    """The shapes of GPT-2 medium, split into parts, without values."""
    with torch.device("meta"):
        model = GPT2LMHeadModel(GPT2Config(n_layer=24, n_embd=1024, n_head=16))
    split_projections(model)
    return model


@pytest.mark.parametrize(
    ("name", "count"),
    [("ft", 354_823_168), ("ft_qv", 50_331_648), ("ft_top2", 25_192_448), ("one_shot", 0)],
)
def test_count_on_gpt2_medium(gpt2_medium: Any, name: str, count: int) -> None:
    """354.8M; 48.00 · 2^20 and 25.19M as LoDA's table 1 prints them."""
    assert attach(gpt2_medium, method(name), seed=0).counts()["trained"] == count


def test_bitfit_count_on_roberta_base() -> None:
    """0.1M, as the papers print: the encoder's biases of RoBERTa base, LayerNorm's among them.

    A block has 4·768 (attention) + 3072 + 768 (feed-forward) + 2·768 (norms), and the
    embedding's norm 768.
    """
    config = RobertaConfig(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1)
    with torch.device("meta"):
        model = RobertaForMaskedLM(config).roberta
    made = attach(model, method("bitfit"), seed=0)
    assert made.counts()["trained"] == 12 * (4 * 768 + 3072 + 768 + 2 * 768) + 768 == 102_144


def test_ft_qv_moves_the_query_and_value_slices_alone() -> None:
    """Against the fused c_attn of transformers' own GPT-2: columns q | k | v, of which k stays."""
    made = attached(method("ft_qv"), "tiny_gpt2")
    path = config_folder() / "model" / "tiny_gpt2.yaml"
    source = build(RandomSource, yaml.safe_load(path.read_text())["source"], "model.source")
    fused, _ = random_model(source, CausalHead(), torch.float32, "tiny_gpt2")
    train(made, 3)
    for theirs, ours in zip(fused.transformer.h, made.model.transformer.h, strict=True):
        maps = [getattr(ours.attn.c_attn, part) for part in ("query", "key", "value")]
        slices = theirs.attn.c_attn.weight.split(D, dim=1)
        same = [torch.equal(m.weight.T, s) for m, s in zip(maps, slices, strict=True)]
        assert same == [False, True, False]
        assert torch.equal(torch.cat([m.bias for m in maps]), theirs.attn.c_attn.bias)


def test_ft_top2_trains_the_last_blocks_alone() -> None:
    """One of two blocks: the second, whole; not the norm behind it."""
    made = attached(method("ft_top2", blocks=1), "tiny_gpt2")
    assert made.trained().keys() == {
        n for n, _ in made.model.named_parameters() if n.startswith("transformer.h.1.")
    }


def test_more_blocks_than_the_model_has_are_refused() -> None:
    with pytest.raises(ModelError, match=r"method\.blocks=3: the model has 2 blocks"):
        attached(method("ft_top2", blocks=3), "tiny_llama")


def test_bitfit_counts_the_bias_of_the_head_once() -> None:
    """RoBERTa's new head trains whole; its biases are the head's, not the method's."""
    made = attached(method("bitfit"), "tiny_roberta")
    head = D * D + D + 2 * D + 2
    block = 4 * D + 2 * D + D + 2 * D
    assert made.counts()["head"] == head
    assert made.counts()["adapter"] == 2 * block + D
    assert made.counts()["trained"] == head + 2 * block + D


def test_weights_in_another_form_cannot_train() -> None:
    """A weight that method.base replaced is named, with what to do."""
    from bench.models.dense import StandIn

    class Factors(StandIn):
        """A map without a weight of its own."""

    Factors.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]
    model = plain("tiny_gpt2").model
    model.transformer.h[0].attn.c_attn.value = Factors(D, D, None)
    with pytest.raises(ModelError, match=r"method\.weights: a Factors .* leave method\.base out"):
        attach(model, method("ft_qv"), seed=0)


def test_no_weights_at_all_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"method: weights: empty"):
        method("ft_qv", weights=[])
