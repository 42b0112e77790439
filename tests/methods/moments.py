"""A point of training without the loop around it."""

from __future__ import annotations

import torch

from bench.attach.attach import Attached
from bench.methods.plugin import Moment
from bench.training.optimizers import build_optimizer
from tests.methods.every import loss


def moment(made: Attached, step: int = 1, steps: int = 10) -> Moment:
    """What a plugin of `made` sees at a step, with the tests' one batch as all rows."""
    return Moment(
        model=made.model,
        optimizer=build_optimizer(made.method.optimizer, made),
        step=step,
        steps=steps,
        memory={},
        generator=torch.Generator().manual_seed(0),
        train_loss=lambda: loss(made),
        held_out_loss=lambda: loss(made),
    )
