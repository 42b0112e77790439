"""Updates that are recorded and replayed, with a stand-in for CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from bench.attach.attach import attach
from bench.config import Cell
from bench.packed.skeleton import shared_copy
from bench.packed.stepper import ShareStepper
from bench.packed.update import ReplayedShare
from bench.replay import NotCapturedError
from bench.training.optimizers import build_optimizer
from tests.repeating import Repeating


@pytest.fixture
def share(
    compose_cell: Callable[..., Cell], tiny_model: Callable[..., Any]
) -> Callable[[], ShareStepper]:
    """A run's plain update with clipping, always from the same start."""
    cell, model = compose_cell("method=lora"), tiny_model().model

    def make() -> ShareStepper:
        attached = attach(shared_copy(model), cell.method, cell.seed)
        optimizer = build_optimizer(cell.method.optimizer, attached)
        return ShareStepper(
            attached=attached, optimizer=optimizer, smoothing=0.0, clip_norm=0.1, autocast=False
        )

    return make


def updated(
    stepper: ShareStepper | ReplayedShare, attached: Any, *, anew: int | None = None
) -> list[torch.Tensor]:
    """The trained tensors behind six updates; gradients get new memory before step `anew`."""
    generator = torch.Generator().manual_seed(0)
    trained = list(attached.trained().values())
    places = [torch.zeros_like(tensor) for tensor in trained]
    for step in range(6):
        if step == anew:
            places = [place.clone() for place in places]
        for tensor, place in zip(trained, places, strict=True):
            place.copy_(torch.randn(place.shape, generator=generator))
            tensor.grad = place
        stepper.update()
    return [tensor.detach().clone() for tensor in trained]


@pytest.mark.parametrize(("anew", "recordings"), [(None, 1), (3, 2)])
def test_replayed_updates_are_the_plain_ones(
    anew: int | None, recordings: int, share: Callable[[], ShareStepper]
) -> None:
    """Recorded once, and once more where gradients stand at other addresses."""
    plain, recorder = share(), Repeating()
    expected = updated(plain, plain.attached)
    stepper = ReplayedShare(eager=share(), recorder=recorder)
    found = updated(stepper, stepper.eager.attached, anew=anew)
    assert all(map(torch.equal, found, expected))
    assert recorder.recorded == recordings


def test_what_cannot_be_recorded_is_launched(share: Callable[[], ShareStepper]) -> None:
    """It is tried once."""
    tried = []

    class Refusing(Repeating):
        def record(self, work: Callable[[], None]) -> Callable[[], None]:
            tried.append(work)
            raise NotCapturedError("a test's reason")

    plain = share()
    stepper = ReplayedShare(eager=share(), recorder=Refusing())
    found = updated(stepper, stepper.eager.attached)
    assert all(map(torch.equal, found, updated(plain, plain.attached)))
    assert len(tried) == 1
