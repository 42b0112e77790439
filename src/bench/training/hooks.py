"""The plugins of a method while it trains: each with its memory and its source of chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

from bench.attach.attach import Attached
from bench.methods.plugin import Moment, Plugin
from bench.seeds import derive
from bench.training.batches import Batch

Row = TypeVar("Row")


def _no_rows() -> Tensor:
    """Stand in for a loss where there are no rows."""
    raise RuntimeError("a plugin asked for a loss outside a step, or of rows it did not hold out")


class Hooks:
    """Calls every plugin at one point of a step, in the order of the method's file."""

    def __init__(
        self,
        attached: Attached,
        optimizer: torch.optim.Optimizer,
        steps: int,
        *,
        seed: int,
        loss_of: Callable[[Sequence[Batch]], Tensor],
        held_out: Callable[[int], Iterator[tuple[float, list[Batch]]]] | None = None,
    ) -> None:
        """`held_out` gives the batches of the rows that were set aside, behind the first n."""
        self._steps = steps
        self._device = next(attached.model.parameters()).device
        self._loss_of = loss_of
        self._held_out = held_out
        self._held_batches = held_out(0) if held_out else None
        self._drawn = 0
        self._moments: list[tuple[Plugin, Moment]] = [
            (
                plugin,
                Moment(
                    model=attached.model,
                    optimizer=optimizer,
                    step=0,
                    steps=steps,
                    memory={},
                    generator=torch.Generator().manual_seed(derive(seed, "plugins")),
                    train_loss=_no_rows,
                    held_out_loss=self._held_out_loss,
                ),
            )
            for plugin in attached.method.plugins
        ]

    def capture(self) -> dict[str, Any]:
        """What every plugin remembers, where its source of chance stands, and rows drawn."""
        held = [
            {"memory": dict(now.memory), "chance": now.generator.get_state()}
            for _, now in self._moments
        ]
        return {"plugins": held, "drawn": self._drawn}

    def restore(self, saved: dict[str, Any]) -> None:
        """Put back what was captured."""
        for (_, now), held in zip(self._moments, saved["plugins"], strict=True):
            now.memory.clear()
            now.memory.update(held["memory"])
            now.generator.set_state(held["chance"])
        self._drawn = saved["drawn"]
        if self._held_out is not None:
            self._held_batches = self._held_out(self._drawn)

    def lr_factor(self, step: int) -> float:
        """What the plugins multiply the schedule's learning rate with."""
        return math.prod(plugin.lr_factor(step, self._steps) for plugin, _ in self._moments)

    def _held_out_loss(self) -> Tensor:
        """Loss of the next rows that were set aside."""
        if self._held_batches is None:
            return _no_rows()
        _, batches = next(self._held_batches)
        self._drawn += 1
        return self._loss_of([batch.to(self._device) for batch in batches])

    def begin(self, step: int, batches: Sequence[Batch]) -> None:
        """A step over `batches` begins."""
        for plugin, now in self._moments:
            now.step, now.train_loss = step, partial(self._loss_of, batches)
            plugin.step_begin(now)

    def extra_losses(self) -> list[Tensor]:
        """What is added to the loss."""
        terms = [plugin.extra_loss(now) for plugin, now in self._moments]
        return [term for term in terms if term is not None]

    def gradient(self) -> None:
        """Gradients are there, and not yet clipped."""
        for plugin, now in self._moments:
            plugin.gradient(now)

    def end(self) -> None:
        """The optimizer has stepped."""
        for plugin, now in self._moments:
            plugin.step_end(now)

    def finalize(self) -> None:
        """Training is over."""
        for plugin, now in self._moments:
            plugin.finalize(now)


def set_aside(
    lines: Sequence[Row], plugins: Sequence[Plugin], seed: int
) -> tuple[list[Row], list[Row]]:
    """Split the training rows into those to train on and those that a plugin holds out.

    The largest wish of the plugins counts; which rows depends on the seed alone.
    """
    fraction = max((plugin.held_out for plugin in plugins), default=0.0)
    if fraction == 0.0:
        return list(lines), []
    generator = torch.Generator().manual_seed(derive(seed, "held out"))
    order = torch.randperm(len(lines), generator=generator).tolist()
    kept = min(max(round(fraction * len(lines)), 1), len(lines) - 1)
    aside = set(order[:kept])
    return (
        [line for index, line in enumerate(lines) if index not in aside],
        [lines[index] for index in sorted(aside)],
    )


def search_steps(plugins: Sequence[Plugin], steps: int) -> int:
    """Number of first steps that a plugin searches in, all of them at most."""
    return min(max((plugin.search_steps(steps) for plugin in plugins), default=0), steps)


def settled(plugins: Sequence[Plugin], steps: int) -> int:
    """The first step behind which `select=best` may take the adapter."""
    return max((plugin.settled(steps) for plugin in plugins), default=1)


def phase(step: int, steps: int, search: int) -> tuple[int, int]:
    """The step and the number of steps of the search, or of the training behind it."""
    return (step, search) if step <= search else (step - search, steps - search)
