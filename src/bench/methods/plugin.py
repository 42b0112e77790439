"""What a method adds to the training loop: hooks, called at fixed points of every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.methods.base import Component, Update
from bench.methods.magnitude import Magnitude

if TYPE_CHECKING:
    from torch import Generator, Tensor
    from torch.optim import Optimizer
    from transformers import PreTrainedModel

    from bench.methods.compose import MethodConfig


@dataclass(kw_only=True)
class Moment:
    """What a plugin sees, and may change, at one point of training."""

    model: PreTrainedModel
    optimizer: Optimizer
    step: int
    """Optimizer step, from 1."""
    steps: int
    """Optimizer steps of the whole training."""
    memory: dict[str, Any]
    """The plugin's own, empty at first: numbers and tensors, all that it has to remember."""
    generator: Generator
    """The plugin's own source of chance, on the CPU."""
    train_loss: Callable[[], Tensor]
    """Loss of this step's rows, computed anew, with a graph."""
    held_out_loss: Callable[[], Tensor]
    """Loss of the next rows that were set aside (see `Plugin.held_out`), with a graph."""


class Plugin(Component):
    """Hooks in the training loop; every one does nothing by default.

    A subclass is a keyword-only dataclass of options: what changes while training is in
    `Moment.memory` or in the model.
    """

    @property
    def held_out(self) -> float:
        """Fraction of the training rows that is set aside for `Moment.held_out_loss`."""
        return 0.0

    def search_steps(self, steps: int) -> int:
        """Number of first steps that only search for a configuration to train with.

        Behind them the schedule of the learning rate begins anew, and training is on all
        rows; without a search, rows that are held out stay so.
        """
        return 0

    def settled(self, steps: int) -> int:
        """The first step behind which the adapter may be the one that is evaluated."""
        return self.search_steps(steps) + 1

    def check(self, method: MethodConfig) -> None:
        """Raise a ConfigError for a method that this plugin cannot act on."""

    @property
    def uncapturable(self) -> str | None:
        """Why the forward and backward pass cannot be one fixed sequence of kernels.

        A plugin that draws what the model computes, or computes losses of its own, has a
        reason; one that only acts on tensors in place has none.
        """
        return None

    def lr_factor(self, step: int, steps: int) -> float:
        """Factor on the learning rate of step 1 … `steps`, beside the schedule's own."""
        return 1.0

    def step_begin(self, now: Moment) -> None:
        """Act before the forward pass."""

    def extra_loss(self, now: Moment) -> Tensor | None:
        """Return a scalar to add to the task's loss, or nothing."""
        return None

    def gradient(self, now: Moment) -> None:
        """Act after the backward pass, before clipping and the optimizer step."""

    def step_end(self, now: Moment) -> None:
        """Act after the optimizer step."""

    def finalize(self, now: Moment) -> None:
        """Act once, after the last step."""

    def changed(self, name: str) -> bool:
        """Whether the plugin changes the model's tensor `name`, which does not train."""
        return False


def structure(method: MethodConfig) -> Update | None:
    """The update on each map, without the magnitudes that may train beside it."""
    update = method.update
    return update.inner if isinstance(update, Magnitude) else update
