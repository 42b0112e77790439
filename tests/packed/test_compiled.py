"""Compiled joint steps compute what the plain ones compute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from bench.config import Cell
from bench.packed.joint import joined
from bench.packed.stepper import PackedStepper
from bench.training.compiled import Compiling
from tests.packed.test_stepper import attached, rows, undropped


@pytest.mark.parametrize(
    ("name", "methods"),
    [
        ("tiny_gpt2", ("lora", "lora", "lorma_plus")),
        ("tiny_llama", ("loda_plus", "loda_plus", "svft_p")),
    ],
)
def test_losses_and_gradients_are_the_plain_ones(
    compose_cell: Callable[..., Cell],
    tiny_model: Callable[..., Any],
    name: str,
    methods: tuple[str, ...],
) -> None:
    """Traced by torch's compiler, without its code generation; one trace serves all blocks."""
    torch._dynamo.reset()
    cells = [compose_cell(f"method={one}", f"model={name}") for one in methods]
    model = undropped(tiny_model(name).model)
    joint = joined(model, attached(model, cells))
    eager = PackedStepper(
        joint=joint, lines=3, padding=0, smoothing=0.1, autocast=False, rounded=True
    )
    (batch, *_) = eager.place(rows(len(methods)))
    expected, wanted = eager.computed(batch)
    compiling = Compiling(wanted=True, backend="eager")
    with compiling.active(joint.model):
        losses, gradients = eager.computed(replace(batch, loss=compiling.loss(joint.model)))
    torch.testing.assert_close(losses, expected, atol=1e-5, rtol=1e-5)
    for gradient, plain in zip(gradients, wanted, strict=True):
        torch.testing.assert_close(gradient, plain, atol=5e-5, rtol=1e-4)
    again, _ = eager.computed(batch)
    assert torch.equal(again, expected), "the model computes as before outside"
