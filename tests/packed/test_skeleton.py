"""Copies of a model that share its tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from bench.attach.attach import attach
from bench.config import Cell
from bench.packed.skeleton import shared_copy


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_gpt2"])
def test_no_memory_is_copied(name: str, tiny_model: Callable[..., Any]) -> None:
    """Every parameter and buffer is at the same address; modules are new ones."""
    model = tiny_model(name).model
    twin = shared_copy(model)
    for held, shared in ((model.named_parameters, twin.named_parameters),
                         (model.named_buffers, twin.named_buffers)):  # fmt: skip
        pairs = list(zip(held(), shared(), strict=True))
        assert [one[0] for one, _ in pairs] == [one[0] for _, one in pairs]
        assert all(one[1].data_ptr() == other[1].data_ptr() for one, other in pairs)
    assert not set(map(id, model.modules())) & set(map(id, twin.modules()))


def test_what_is_put_on_one_is_not_on_another(
    tiny_model: Callable[..., Any], compose_cell: Callable[..., Cell]
) -> None:
    """A method on a copy leaves the others' outputs as they were, and adds its own tensors only."""
    model = tiny_model().model
    ids = torch.arange(8)[None]
    before = model(ids).logits
    attached = attach(shared_copy(model), compose_cell("method=lora").method, 0)
    for tensor in attached.trained().values():
        torch.nn.init.ones_(tensor)
    assert not torch.equal(attached.model(ids).logits, before)
    assert torch.equal(model(ids).logits, before)
    assert torch.equal(shared_copy(model)(ids).logits, before)
    ours = {tensor.data_ptr() for tensor in model.parameters()}
    assert {t.data_ptr() for t in attached.model.parameters() if not t.requires_grad} == ours


def test_tensors_of_its_own_are_copied(tiny_model: Callable[..., Any]) -> None:
    """Those that are named."""
    model = tiny_model().model
    name = next(name for name, _ in model.named_parameters())
    twin = shared_copy(model, frozenset({name}))
    assert torch.equal(twin.get_parameter(name), model.get_parameter(name))
    assert twin.get_parameter(name).data_ptr() != model.get_parameter(name).data_ptr()
