"""Joint steps that are recorded and replayed, with a stand-in for CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from bench.config import Cell
from bench.packed.capture import CapturedStepper
from bench.packed.joint import joined
from bench.packed.stepper import PackedStepper
from bench.replay import NotCapturedError
from tests.packed.test_stepper import Found, attached, rows
from tests.repeating import Repeating


@pytest.fixture
def eager(compose_cell: Callable[..., Cell], tiny_model: Callable[..., Any]) -> PackedStepper:
    """The plain way of three runs."""
    cells = [compose_cell(f"method={one}") for one in ("lora", "lora", "lorma_plus")]
    model = tiny_model().model
    joint = joined(model, attached(model, cells))
    return PackedStepper(
        joint=joint, lines=3, padding=0, smoothing=0.0, autocast=False, rounded=True
    )


def found(stepper: PackedStepper | CapturedStepper, batches: Any) -> Found:
    """Losses and gradients of one step."""
    losses = stepper.gradients(batches)
    joint = stepper.joint if isinstance(stepper, PackedStepper) else stepper.eager.joint
    named = [p for _, parameters in joint.leaves for p in parameters]
    return [(losses, {str(n): p.grad.clone() for n, p in enumerate(named) if p.grad is not None})]


def test_replayed_steps_are_the_eager_ones(eager: PackedStepper) -> None:
    """Losses and gradients, of batches of a shape that was seen and of others."""
    recorder = Repeating()
    stepper = CapturedStepper(eager=eager, recorder=recorder)
    for batches in (rows(3), rows(3), [one[:1] for one in rows(3)], rows(3)):
        ((expected, wanted),) = found(eager, batches)
        ((losses, gradients),) = found(stepper, batches)
        assert torch.equal(losses, expected)
        assert wanted.keys() == gradients.keys()
        assert all(torch.equal(gradient, wanted[name]) for name, gradient in gradients.items())
    shapes = {tuple(t.shape for t in batch.tensors) for batch in eager.place(rows(3))}
    assert recorder.recorded == len(shapes) == len(stepper.captured)


def test_shapes_are_few(eager: PackedStepper) -> None:
    """Lengths and numbers of positions are round, and runs with fewer lines are filled up."""
    batches = [[own[one % 2]] for one, own in enumerate(rows(9))]
    placed = [one for at in (0, 3, 6) for one in eager.place(batches[at : at + 3])]
    assert {len(batch.ids) for batch in placed} == {3 * eager.lines}
    assert all(batch.ids.shape[1] % 8 == 0 for batch in placed)
    assert all(batch.labels.shape[1] % 64 == 0 for batch in placed)


def test_what_cannot_be_captured_is_launched(eager: PackedStepper) -> None:
    """From then on, with the reason for the record."""

    class Refusing(Repeating):
        def record(self, work: Callable[[], None]) -> Callable[[], None]:
            raise NotCapturedError("a test's reason")

    stepper = CapturedStepper(eager=eager, recorder=Refusing())
    ((losses, gradients),) = found(stepper, rows(3))
    ((expected, wanted),) = found(eager, rows(3))
    assert torch.equal(losses, expected)
    assert all(torch.equal(gradient, wanted[name]) for name, gradient in gradients.items())
    assert stepper.reason == "a test's reason"


def test_a_replay_with_other_digits_is_refused(eager: PackedStepper) -> None:
    """What a recording does is compared with the same step launched."""

    class Wrong(Repeating):
        def record(self, work: Callable[[], None]) -> Callable[[], None]:
            return lambda: None

    stepper = CapturedStepper(eager=eager, recorder=Wrong())
    ((losses, _),) = found(stepper, rows(3))
    assert stepper.reason is not None
    assert "other digits" in stepper.reason
    assert torch.equal(losses, found(eager, rows(3))[0][0])
