"""Weights of other shapes than conf/model states are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.check import build
from bench.errors import ConfigError, ModelError
from bench.models.config import ModelConfig

STATED = {"n_layer": 2, "n_embd": 48, "n_head": 4, "n_positions": 1024, "vocab_size": 260}


@pytest.fixture
def folder(tmp_path, read):
    """A tiny GPT-2 as transformers saves it."""
    from transformers import AutoModelForCausalLM

    loaded = read("tiny_gpt2")
    AutoModelForCausalLM.from_config(loaded.model.config).save_pretrained(tmp_path)
    loaded.tokenizer.save_pretrained(tmp_path)
    return tmp_path


def test_every_model_with_weights_states_its_shapes(configs):
    """So that `bench.list methods model=NAME` can count on each."""
    assert all(bool(c.architecture) != (c.source.kind == "random") for c in configs.values())


def test_weights_of_the_stated_shapes_are_loaded(at, configs, read, folder):
    config = replace(at("gpt2", folder), architecture=STATED)
    assert read(config).model.config.n_layer == 2


def test_weights_of_another_size_are_refused(at, read, folder):
    """A record of GPT-2 whose weights are not GPT-2's would be a lie."""
    with pytest.raises(ModelError) as error:
        read(at("gpt2", folder))
    message = str(error.value)
    assert message.startswith("gpt2: its weights have n_layer=2, but model.architecture.n_layer=12")
    assert "\n" not in message


@pytest.mark.parametrize("field", STATED)
def test_every_stated_field_counts(at, read, folder, field):
    config = replace(at("gpt2", folder), architecture={**STATED, field: 3})
    with pytest.raises(ModelError, match=f"model.architecture.{field}=3"):
        read(config)


def test_nothing_stated_accepts_everything(at, read, folder):
    assert read(replace(at("gpt2", folder), architecture={})).model.config.n_layer == 2


def test_random_weights_state_their_shapes_once():
    source = {"kind": "random", "seed": 0, "settings": {"model_type": "gpt2", "n_layer": 2}}
    values = {"name": "m", "title": "M", "licence": "-", "family": "gpt2", "source": source}
    with pytest.raises(ConfigError, match="already says it"):
        build(ModelConfig, {**values, "architecture": {"n_layer": 2}}, "model")
