"""The base model is in memory once, and no method's training reaches another's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from bench.speed.base import multiplied, size, taken
from bench.speed.ways import Start

StartOf = Callable[..., Start]

MOVING = ("lora", "ft", "olora", "s_loda", "relora", "bitfit", "prefix")
"""One of each kind: beside, selected, begun anew, transformed, merged on the way, inserted."""


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize(("model", "task"), [("tiny_gpt2", "e2e"), ("tiny_roberta", "sst2")])
def test_training_leaves_the_base_model_as_it_was(
    start_of: StartOf, name: str, model: str, task: str
) -> None:
    """Steps of the eager way move what trains, and no value of the model that is shared."""
    rank = ["method.rank=8"] if name == "olora" else []
    often = ["method.plugins.restarts.interval=2"] if name == "relora" else []
    start = start_of(f"method={name}", f"model={model}", f"task={task}", *rank, *often)
    base = start.base.of(start.attached.method).model
    before = {key: value.clone() for key, value in base.state_dict().items()}
    start.runner("eager").warm_up(2)
    moved = start.attached.state()
    assert any(not torch.equal(moved[key], value) for key, value in start.values.items())
    after = base.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())


def test_frozen_weights_are_shared_and_trained_ones_are_not(start_of: StartOf) -> None:
    """Of two ways of LoRA the adapters alone take memory of their own."""
    start = start_of("method=lora")
    base = start.base.of(start.attached.method).model
    again = start.again()
    ours, theirs = (dict(one.model.named_parameters()) for one in (start.attached, again))
    assert ours.keys() == theirs.keys()
    own = {name for name in ours if ours[name] is not theirs[name]}
    assert own == set(start.attached.trained())
    shared = {id(parameter) for parameter in base.parameters()}
    assert all(id(ours[name]) in shared for name in ours if name not in own)


@pytest.mark.parametrize("name", ["lora", "ft", "svft_p", "dylora", "adalora", "prefix"])
def test_a_second_model_starts_where_the_first_did(start_of: StartOf, name: str) -> None:
    """Also behind steps of the first: the same values, and so the same losses."""
    start = start_of(f"method={name}")
    first = start.runner("eager")
    first.warm_up(2)
    model = start.again()
    second = start.runner_on("eager", model, start.batches)
    second.warm_up(2)
    assert second.losses == first.losses


def test_nothing_is_dropped_unless_asked(start_of: StartOf) -> None:
    """GPT-2 drops a tenth; ways that are compared must not."""
    start = start_of("method=lora", "method.dropout=0.5")
    found = [m.p for m in start.attached.model.modules() if isinstance(m, nn.Dropout)]
    assert found
    assert set(found) == {0.0}


def test_taken_counts_every_tensor_once() -> None:
    """A tied weight and a buffer: 6 + 2 values of 4 bytes."""
    model = nn.Module()
    model.one = nn.Linear(3, 2, bias=False)
    model.two = model.one
    model.register_buffer("extra", torch.zeros(2))
    assert taken(model) == 4 * (6 + 2)


def test_tables_of_an_encoder_are_not_multiplied_with(start_of: StartOf) -> None:
    """RoBERTa's tokens, positions and kinds are looked up; its head is no table."""
    start = start_of("method=lora", "model=tiny_roberta", "task=sst2")
    model = start.base.of(start.attached.method).model
    tables = [name for name, _ in model.named_parameters() if "_embeddings.weight" in name]
    assert len(tables) == 3
    looked_up = sum(model.get_parameter(name).numel() for name in tables)
    assert multiplied(model) == size(model) - looked_up
