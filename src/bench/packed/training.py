"""The joint course of many runs: as long as any is left, one step of each at a time.

Each run is at a step of its own: one that goes on from a checkpoint may be behind the others.
A run that ends, at its last step or by an error of its own, leaves; the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from bench.attach.attach import Attached
from bench.errors import is_out_of_memory
from bench.training.batches import Batch
from bench.training.fitted import Fit, Progress
from bench.training.loop import Course


class Gradients(Protocol):
    """Leaves the gradients of one step of every run; the losses (K,)."""

    def __call__(self, batches: Sequence[Sequence[Batch]]) -> Tensor:
        """`batches` are those of each run, on the CPU."""


@dataclass(kw_only=True)
class Member:
    """One run among those that train together."""

    course: Course
    completed: Callable[[Fit], None]
    """Told what training leaves, behind the last step."""
    failed: Callable[[BaseException], None]
    """Told the error that ended the run."""
    running: bool = True
    error: BaseException | None = None
    """What ended it before its time."""
    _coming: Iterator[tuple[float, list[Batch]]] = field(init=False)

    @property
    def attached(self) -> Attached:
        """The run's own model, which works by itself too."""
        return self.course.steps.state.attached

    def open(self) -> None:
        """Go on from a checkpoint where there is one."""
        with self.own_errors():
            self.course.resume()
            steps = self.course.steps
            state, fitted = steps.state, steps.state.fitted
            self._coming = self.course.batches(state.step)
            steps.observe(Progress(state.step, fitted.steps, None, 0.0, fitted.tokens))

    def begin(self) -> tuple[float, list[Batch]]:
        """The epochs done behind the next step, and its batches."""
        epoch, held = next(self._coming)
        return epoch, self.course.steps.begin(held)

    def finish(self, epoch: float, held: Sequence[Batch], loss: Tensor, started: float) -> None:
        """Everything behind the gradients of a step."""
        with self.own_errors():
            steps = self.course.steps
            steps.finish(held, loss, started)
            steps.between(epoch)
            if steps.state.step == steps.state.fitted.steps:
                self.completed(self.course.close())
                self.running = False

    def fail(self, error: BaseException) -> None:
        """Leave the others because of an error."""
        self.running, self.error = False, error
        self.failed(error)

    @contextmanager
    def own_errors(self) -> Iterator[None]:
        """An error inside ends this run, and no other; full memory is everybody's."""
        try:
            yield
        except BaseException as error:
            if is_out_of_memory(error):
                raise
            self.fail(error)


def train_together(
    members: Sequence[Member], stepper_for: Callable[[Sequence[Member]], Gradients]
) -> None:
    """Train until all runs have ended.

    `stepper_for` makes what computes the joint steps of the runs that are left. An error of a
    joint step is raised, with the runs as they stood behind the step before.
    """
    for member in members:
        member.open()
    while left := [member for member in members if member.running]:
        until_one_leaves(left, stepper_for(left))


def until_one_leaves(members: Sequence[Member], gradients: Gradients) -> None:
    """Joint steps of the same runs."""
    while all(member.running for member in members):
        joint_step(members, gradients)


def joint_step(members: Sequence[Member], gradients: Gradients) -> None:
    """One step of every run."""
    started = time.perf_counter()
    epochs, held = zip(*(member.begin() for member in members), strict=True)
    losses = gradients(held)
    for member, epoch, own, loss in zip(members, epochs, held, losses.unbind(), strict=True):
        member.finish(epoch, own, loss, started)
