"""Random weights and rows in the shapes of real ones."""

from __future__ import annotations

import statistics
from typing import Any

import pytest
import torch

from bench.attach.attach import attach
from bench.check import build
from bench.errors import ModelError
from bench.methods.compose import method_from
from bench.models.config import ModelConfig
from bench.models.parts import linears
from bench.speed.drawn import random_lines, random_prompts, random_shaped
from tests.cells import compose_settings

SMALL = {"n_layer": 1, "n_embd": 32, "n_head": 2, "n_positions": 256, "vocab_size": 1000}


def shaped(**changes: Any) -> Any:
    """A small model of the shapes of a file with weights elsewhere."""
    section = compose_settings("model=gpt2")["model"] | {"architecture": SMALL} | changes
    config = build(ModelConfig, section, "model")
    return random_shaped(config, torch.bfloat16, torch.device("cpu"), 0)


def test_a_model_has_the_shapes_that_its_file_states() -> None:
    """Without any weights: as many blocks and values, split into parts, frozen, in bf16."""
    model = shaped().model
    places = list(linears(model, ("query", "up")))
    assert [tuple(place.linear.weight.shape) for place in places] == [(32, 32), (128, 32)]
    assert model.get_input_embeddings().weight.shape == (1000, 32)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert float(places[0].linear.weight.float().std()) > 0


def test_encoders_are_refused() -> None:
    """Random tokens are texts; an encoder generates none."""
    with pytest.raises(ModelError, match="is an encoder"):
        shaped(family="roberta", name="x", architecture={"num_hidden_layers": 1})


def test_lines_are_as_long_as_those_of_e2e() -> None:
    """30 to 110 tokens, 63 on average, a good half of them input; the same on every call."""
    method = method_from(compose_settings("method=lora")["method"])
    attached = attach(shaped().model, method, 0)
    lines = random_lines(attached, 2000, 3)
    lengths = [len(line.ids) for line in lines]
    assert min(lengths) >= 30
    assert max(lengths) <= 110
    assert statistics.mean(lengths) == pytest.approx(63.0, abs=1.0)
    assert all(0.5 < line.start / len(line.ids) < 0.6 for line in lines)
    assert all(260 <= token < 1000 for line in lines for token in line.ids)
    assert random_lines(attached, 2000, 3) == lines
    assert random_lines(attached, 2000, 4) != lines


def test_virtual_tokens_stand_around_the_input() -> None:
    """As a method that inserts them has it for rows that are read."""
    method = method_from(compose_settings("method=prompt")["method"])
    attached = attach(shaped().model, method, 0)
    before, behind = attached.virtual_tokens
    assert before or behind
    for line in random_lines(attached, 5, 0):
        assert line.ids[: len(before)] == before
        assert line.ids[line.start - len(behind) : line.start] == behind


def test_prompts_are_inputs_alone() -> None:
    """Shorter than lines, and other tokens than those that are trained on."""
    prompts = random_prompts(1000, 512, 0)
    assert max(map(len, prompts)) <= 61
    assert min(map(len, prompts)) >= 16
