"""Models without values have the published sizes, and the names of loaded ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.errors import ModelError
from bench.models.heads import CausalHead, ClassifierHead
from bench.models.meta import meta_model
from bench.models.shape import shape_of

TWO = ClassifierHead(labels=2)

VALUES = {
    "gpt2": 124_439_808,
    "gpt2_medium": 354_823_168,
    "gemma_2b": 2_506_172_416,
    "llama3_8b": 8_030_261_248,
    "smollm2_135m": 134_515_008,
}
"""Values in the safetensors of each repository, as the hub's model page counts them."""

ENCODERS = {"roberta_base": 124_645_632, "roberta_large": 355_359_744, "minilm_l6": 22_713_216}
"""Values of transformers' RobertaModel and BertModel with these weights, pooler included."""


@pytest.mark.parametrize("name", VALUES)
def test_a_generator_has_as_many_values_as_its_model_page_says(configs, name):
    model, head = meta_model(configs[name], CausalHead())
    assert sum(p.numel() for p in model.parameters()) == VALUES[name]
    assert head == frozenset()
    assert {p.device.type for p in model.parameters()} == {"meta"}


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_has_the_public_size_with_a_head_of_its_own(configs, name):
    """A (d, d) map and the classes: BERT's pooler, or the map of its own that RoBERTa has."""
    d = configs[name].architecture["hidden_size"]
    model, head = meta_model(configs[name], TWO)
    tensors = dict(model.named_parameters())
    above = sum(tensors[key].numel() for key in head)
    assert above == d * d + d + 2 * d + 2
    assert sum(p.numel() for p in tensors.values()) == ENCODERS[name] + 2 * d + 2


@pytest.mark.parametrize(
    ("name", "head"),
    [("tiny_gpt2", CausalHead()), ("tiny_llama", CausalHead()), ("tiny_roberta", TWO)],
)
def test_it_is_the_loaded_model_without_values(configs, read, name, head):
    """Every name, shape, split projection and head tensor."""
    loaded, outline = read(name, head), meta_model(configs[name], head)
    shapes = [{n: p.shape for n, p in m.named_parameters()} for m in (loaded.model, outline.model)]
    assert shapes[0] == shapes[1]
    assert loaded.head == outline.head
    assert shape_of(loaded.model) == shape_of(outline.model)


def test_grouped_heads_have_narrow_keys(configs):
    """LLaMA-3-8B: 8 key/value heads of 128 beside 32; feed-forward 14336 (model card)."""
    shape = shape_of(meta_model(configs["llama3_8b"], CausalHead()).model)
    assert (shape.blocks, shape.width) == (32, 4096)
    assert shape.attention == ((4096, 4096), (1024, 4096), (1024, 4096))
    assert shape.linears["gate"] == (14336, 4096)


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        ({}, "gpt2: its model.architecture is empty"),
        ({"n_layers": 2}, "gpt2: model.architecture.n_layers: gpt2 has no such field"),
    ],
)
def test_unstated_or_unknown_shapes_are_an_error(configs, architecture, message):
    with pytest.raises(ModelError, match=message):
        meta_model(replace(configs["gpt2"], architecture=architecture), CausalHead())


def test_an_encoder_generates_nothing(configs):
    with pytest.raises(ModelError, match="roberta is an encoder"):
        meta_model(configs["roberta_base"], CausalHead())
