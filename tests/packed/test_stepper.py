"""Losses and gradients of runs together are those of each by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.attach.attach import Attached, attach
from bench.config import Cell
from bench.methods.bases import LowRankWeight, SparseWeight
from bench.packed.joint import joined
from bench.packed.linear import Group, PackedLinear
from bench.packed.skeleton import shared_copy
from bench.packed.stepper import PackedStepper
from bench.training.step import EagerStepper
from bench.training.text import TextBatch, TextLine
from tests.packed.runs import UNDROPPED, disturbed

METHODS = (
    "lora", "lorma_plus", "lorma_pi", "lorma_none", "complete", "dora", "dorma", "loda",
    "loda_plus", "svft_p", "svft_r", "lora_xs", "prolora", "adalora",
)  # fmt: skip

Rows = list[list[TextBatch]]
Found = list[tuple[Tensor, dict[str, Tensor]]]


def batch(seed: int, lines: int) -> TextBatch:
    """Lines of some lengths, whose first two tokens bear no loss."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(4, 20, (lines,), generator=generator).tolist()
    ids = [torch.randint(4, 200, (length,), generator=generator).tolist() for length in lengths]
    return TextLine.collate([TextLine(tuple(one), 2) for one in ids], 0)


def rows(runs: int) -> Rows:
    """Two batches a run, of other lines for each; some have fewer lines, as at an epoch's end."""
    return [[batch(run, 3 if run % 3 else 2), batch(100 + run, 3)] for run in range(runs)]


def alone(runs: Sequence[Attached], batches: Rows, *, autocast: bool = False) -> Found:
    """Loss and gradients of each run by itself."""
    found = []
    for run, own in zip(runs, batches, strict=True):
        optimizer = torch.optim.SGD(run.trained().values())
        stepper = EagerStepper(
            attached=run, optimizer=optimizer, smoothing=0.1, clip_norm=None, autocast=autocast
        )
        run.model.train()
        loss = stepper.gradients(own)
        found.append((loss, {name: p.grad for name, p in run.trained().items()}))
        optimizer.zero_grad()
    return found


def together(
    base: Any, runs: Sequence[Attached], batches: Rows, *, autocast: bool = False
) -> tuple[Found, PackedStepper]:
    """The same from one joint pass."""
    stepper = PackedStepper(
        joint=joined(base, runs),
        lines=3,
        padding=0,
        smoothing=0.1,
        autocast=autocast,
        rounded=False,
    )
    losses = stepper.gradients(batches)
    found = [
        (loss, {name: p.grad for name, p in run.trained().items()})
        for run, loss in zip(runs, losses, strict=True)
    ]
    return found, stepper


def assert_same(found: Found, expected: Found, tolerance: float) -> None:
    """Losses, and gradients by the largest value of each tensor."""
    for (loss, gradients), (other, wanted) in zip(found, expected, strict=True):
        torch.testing.assert_close(loss, other, atol=tolerance, rtol=tolerance)
        assert gradients.keys() == wanted.keys()
        for name, gradient in gradients.items():
            scale = wanted[name].abs().max()
            assert scale > 0, name
            error = (gradient - wanted[name]).abs().max() / scale
            assert error < tolerance, name


def attached(model: Any, cells: Sequence[Cell]) -> list[Attached]:
    """Each cell's method on a copy of the model, away from its start."""
    runs = [attach(shared_copy(model), cell.method, cell.seed) for cell in cells]
    for number, run in enumerate(runs):
        disturbed(run, number)
    return runs


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_gpt2"])
def test_gradients_of_all_updates(
    name: str, compose_cell: Callable[..., Cell], tiny_model: Callable[..., Any]
) -> None:
    """Two seeds of every kind of update, and one of other ranks, parts and orders, in one pass."""
    cells = [compose_cell(f"method={one}", f"seed={seed}") for one in METHODS for seed in (0, 1)]
    cells += [
        compose_cell("method=lora", "method.rank=7"),
        compose_cell("method=lorma_plus", "method.order=post"),
        compose_cell("method=lora", "method.parts=[down]"),
    ]
    model = undropped(tiny_model(name).model)
    runs = attached(model, cells)
    batches = rows(len(runs))
    expected = alone(runs, batches)
    found, stepper = together(model, runs, batches)
    assert_same(found, expected, 2e-6)
    packed = [m for m in stepper.joint.model.modules() if isinstance(m, PackedLinear)]
    seeds = [sum(isinstance(group, Group) for group in one.groups) for one in packed]
    assert max(seeds) == len(METHODS), "seeds of one update are computed as one"


def undropped(model: Any) -> Any:
    """The model with its dropout switched off."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


@pytest.mark.parametrize("base", [SparseWeight(keep=0.5), LowRankWeight(rank=8)], ids=["s", "r"])
def test_gradients_on_a_transformed_base(
    base: Any, compose_cell: Callable[..., Cell], tiny_model: Callable[..., Any]
) -> None:
    """Of weights in another form too, which are not mapped over."""
    cells = [compose_cell(f"method={one}") for one in ("lora", "lora", "lorma_plus", "dora")]
    model = tiny_model().model
    base.transform(model)
    runs = attached(model, cells)
    batches = rows(len(runs))
    expected = alone(runs, batches)
    assert_same(together(model, runs, batches)[0], expected, 2e-6)


def test_gradients_in_bf16(
    compose_cell: Callable[..., Cell], tiny_model: Callable[..., Any]
) -> None:
    """Under autocast they differ by roundings of 2⁻⁸, and by no more."""
    cells = [compose_cell(f"method={one}", f"seed={seed}") for one in ("lora", "lorma_plus", "dora")
             for seed in (0, 1)]  # fmt: skip
    model = tiny_model().model.to(torch.bfloat16)
    runs = attached(model, cells)
    batches = rows(len(runs))
    expected = alone(runs, batches, autocast=True)
    assert_same(together(model, runs, batches, autocast=True)[0], expected, 2**-5)


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_run_that_is_no_number_harms_no_other(
    broken: int, compose_cell: Callable[..., Cell], tiny_model: Callable[..., Any]
) -> None:
    """The losses and gradients of its neighbours are the same numbers as before."""
    cells = [compose_cell("method=lora", f"seed={seed}") for seed in (0, 1, 2)]
    model = tiny_model().model
    runs = attached(model, cells)
    expected, _ = together(model, runs, rows(3))
    next(iter(runs[broken].trained().values())).data.fill_(float("nan"))
    found, _ = together(model, runs, rows(3))
    assert found[broken][0].isnan()
    for index in {0, 1, 2} - {broken}:
        assert torch.equal(found[index][0], expected[index][0])
        for name, gradient in found[index][1].items():
            assert torch.equal(gradient, expected[index][1][name])


def test_tensors_outside_the_linear_maps_are_refused(tiny_model: Callable[..., Any]) -> None:
    """A run that trains something else would lose its gradient silently."""
    model = tiny_model().model
    run = shared_copy(model, frozenset(dict(model.named_parameters())))
    next(run.parameters()).requires_grad_()
    with pytest.raises(ValueError, match="1 trained tensors are outside"):
        joined(model, [Attached(run, None, frozenset())])  # type: ignore[arg-type]


def test_undropped_settings_drop_nothing(compose_cell: Callable[..., Cell]) -> None:
    """The overrides that other tests use."""
    from bench.models.dropout import acting_dropout
    from bench.stages import Job

    cell = compose_cell("model=tiny_gpt2", *UNDROPPED)
    job = Job(cell, None, None, None, 1)  # type: ignore[arg-type]
    assert acting_dropout(job.loaded.model) is None
