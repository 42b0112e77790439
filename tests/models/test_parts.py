"""Canonical parts are found in every family, and nothing else is."""

from __future__ import annotations

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
)

from bench.errors import ModelError
from bench.models.heads import ClassifierHead
from bench.models.parts import FAMILIES, blocks, linears
from bench.models.split import split_projections

FEED_FORWARD = ("gate", "up", "down")
SQUARES = dict.fromkeys(("query", "key", "value", "output"), (48, 48))
TINY = {
    "tiny_gpt2": SQUARES | {"up": (192, 48), "down": (48, 192)},
    "tiny_llama": SQUARES
    | {"key": (24, 48), "value": (24, 48), "gate": (96, 48), "up": (96, 48), "down": (48, 96)},
    "tiny_roberta": SQUARES | {"up": (96, 48), "down": (48, 96)},
}


def build(kind, family: str, **settings: int):
    """A model of full size that holds no memory."""
    with torch.device("meta"):
        model = kind.from_config(AutoConfig.for_model(family, **settings))
    split_projections(model)
    return model


GPT2_MEDIUM = {"n_layer": 24, "n_embd": 1024, "n_head": 16}
ROBERTA_LARGE = {
    "num_hidden_layers": 24,
    "hidden_size": 1024,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
}
GEMMA_2B = {
    "num_hidden_layers": 18,
    "hidden_size": 2048,
    "num_attention_heads": 8,
    "num_key_value_heads": 1,
    "head_dim": 256,
    "intermediate_size": 16384,
}


@pytest.mark.parametrize("name", TINY)
def test_every_part_of_every_block_has_its_shape(read, name):
    model = read(name, ClassifierHead(labels=2)).model
    found = list(linears(model, FAMILIES[model.config.model_type]))
    assert [(place.block, place.part) for place in found] == [
        (block, part) for block in (0, 1) for part in FAMILIES[model.config.model_type]
    ]
    assert {p.part: tuple(p.linear.weight.shape) for p in found} == TINY[name]
    assert all(getattr(p.parent, p.attribute) is p.linear for p in found)


def test_the_parts_are_all_linear_maps_of_the_blocks(read):
    """No part is missing from the tables: each linear map below a block has a name."""
    for name in TINY:
        model = read(name, ClassifierHead(labels=2)).model
        named = {p.linear for p in linears(model, FAMILIES[model.config.model_type])}
        there = {m for m in blocks(model).modules() if isinstance(m, torch.nn.Linear)}
        assert named == there


def test_only_wanted_parts_come_in_the_wanted_order(read):
    model = read("tiny_gpt2").model
    found = [(p.block, p.part) for p in linears(model, ("value", "query"))]
    assert found == [(0, "value"), (0, "query"), (1, "value"), (1, "query")]


@pytest.mark.parametrize(
    ("kind", "family", "settings", "rank", "printed"),
    [
        (AutoModelForCausalLM, "gpt2", GPT2_MEDIUM, 4, 393_216),
        (AutoModelForSequenceClassification, "roberta", ROBERTA_LARGE, 8, 786_432),
        (AutoModelForSequenceClassification, "roberta", {}, 8, 294_912),
    ],
)
def test_lora_on_query_and_value_has_the_published_size(kind, family, settings, rank, printed):
    """Hu et al. 2021 (arXiv 2106.09685), tables 2 and 3: 0.35M (GPT-2 M), 0.8M, 0.3M."""
    places = linears(build(kind, family, **settings), ("query", "value"))
    assert sum(rank * sum(p.linear.weight.shape) for p in places) == printed


def test_lorma_on_all_of_gemma_has_the_published_size():
    """2·r·o before the map and 2·r·i behind it, r = 4, as counted for Gemma 2B in
    LoRMA (arXiv 2506.07621); depends on all seven shapes and on 18 blocks."""
    model = build(AutoModelForCausalLM, "gemma", **GEMMA_2B)
    shapes = [p.linear.weight.shape for p in linears(model, FAMILIES["gemma"])]
    assert 8 * sum(o for o, _ in shapes) == 5_677_056
    assert 8 * sum(i for _, i in shapes) == 4_128_768


@pytest.mark.parametrize("family", FAMILIES)
def test_blocks_of_bare_and_headed_models_are_the_same_list(family):
    kinds = (AutoModel, AutoModelForSequenceClassification)
    for kind in kinds:
        model = build(kind, family)
        assert len(blocks(model)) == model.config.num_hidden_layers


def test_unknown_part_names_what_there_is(read):
    model = read("tiny_gpt2").model
    with pytest.raises(ModelError, match="gpt2 has no such part; it has query, key, value, out"):
        list(linears(model, ("gate",)))


def test_unsplit_gpt2_is_refused():
    """A Conv1D has a transposed weight: an update on it would be of the wrong shape."""
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model("gpt2", n_layer=1, n_embd=12))
    with pytest.raises(ModelError, match="Conv1D"):
        list(linears(model, ("output",)))


def test_unsupported_architecture_names_the_supported_ones():
    with torch.device("meta"):
        model = AutoModel.from_config(AutoConfig.for_model("distilbert", n_layers=1))
    with pytest.raises(ModelError, match="distilbert: supported: bert, gemma, gpt2, llama, rob"):
        blocks(model)
