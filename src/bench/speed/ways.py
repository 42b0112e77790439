"""The ways of a method: what takes its steps, or why nothing can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from bench.attach.attach import Attached
from bench.config import Cell
from bench.errors import ConfigError
from bench.methods.peft import PeftTuner
from bench.speed.base import Base, copied, drop_nothing, taken, twin
from bench.speed.dense import has_equation, made_dense, padded
from bench.speed.peft_twins import TWINS, peft_twin
from bench.speed.runner import MemoryGauge, Runner
from bench.speed.settings import WayName
from bench.training.batches import Batch, Line, stream
from bench.training.hooks import Hooks
from bench.training.optimizers import build_optimizer
from bench.training.step import mean_loss
from bench.training.steppers import stepper_for
from bench.training.text import TextBatch

COURSE = 1000
"""Steps of the training whose first ones are measured: what plugins count by."""


class NoWayError(ConfigError):
    """A method cannot be measured in a way."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """A method on the model, at its start, and the rows that it is trained on."""

    cell: Cell
    base: Base
    attached: Attached
    """Becomes the eager way's."""
    values: dict[str, torch.Tensor]
    """What trains, before any step."""
    lines: Sequence[Line]
    batches: Sequence[Batch]
    padding: int
    padded: int
    dropout: bool

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.attached.model.parameters()).device

    def runner(self, way: WayName) -> Runner:
        """What takes the steps in a way; a NoWayError says why there is none."""
        attached, batches = self._model(way), self.batches
        if way == "dense":
            batches = [padded(one, self.padded, self.padding) for one in texts(batches)]
        return self.runner_on(way, attached, batches)

    def _model(self, way: WayName) -> Attached:
        """The model of a way."""
        method = self.attached.method
        if way == "eager":
            return self.attached
        if way == "peft":
            if isinstance(method.insert, PeftTuner):
                raise NoWayError("eager steps are HF PEFT's already")
            if method.name not in TWINS:
                raise NoWayError("HF PEFT has no such method")
            loaded = self.base.of(method)
            model = copied(loaded, method)
            made = peft_twin(model, method, loaded.head, self.values, COURSE)
            if not self.dropout:
                drop_nothing(made.model)
            return made
        if way == "dense" and not has_equation(self.attached):
            raise NoWayError("no plain equation here")
        again = self.again()
        return made_dense(again) if way == "dense" else again

    def again(self) -> Attached:
        """The same method on a model of its own, at its start."""
        method = self.attached.method
        if method.update is not None:
            again = twin(self.attached)
        else:
            again = self.base.attached(method, self.cell.seed, dropout=self.dropout)
        again.load_state(self.values)
        return again

    def runner_on(self, way: WayName, attached: Attached, batches: Sequence[Batch]) -> Runner:
        """Optimizer, plugins and stepper around a model, as `bench.training.loop` has them."""
        gauge = MemoryGauge(device=self.device, model=taken(attached.model))
        cell, autocast = self.cell, self.base.autocast
        config = replace(
            cell.train,
            step="auto" if way in {"graph", "compiled"} else "eager",
            compile=way == "compiled",
        )
        optimizer = build_optimizer(cell.method.optimizer, attached)
        searches = any(plugin.held_out for plugin in cell.method.plugins)
        hooks = Hooks(
            attached,
            optimizer,
            COURSE,
            seed=cell.seed,
            loss_of=partial(
                mean_loss, attached.model, smoothing=config.label_smoothing, autocast=autocast
            ),
            held_out=self._held_out if searches else None,
        )
        chosen = stepper_for(
            attached, optimizer, config, COURSE, padding=self.padding, autocast=autocast
        )
        made = Runner(
            way=way,
            attached=attached,
            chosen=chosen,
            hooks=hooks,
            batches=batches,
            gauge=gauge,
        )
        if made.reason is not None:
            raise NoWayError(made.reason)
        return made

    def _held_out(self, begin: int) -> Iterator[Any]:
        """Rows for a plugin that sets some aside: here any will do."""
        size = self.cell.train.batch_size
        return stream(self.lines, size, 1, self.cell.seed, self.padding, begin=begin)


def texts(batches: Sequence[Batch]) -> Sequence[TextBatch]:
    """The batches of a generation task."""
    found = [batch for batch in batches if isinstance(batch, TextBatch)]
    if len(found) < len(batches):
        raise NoWayError("plain equations are compared on texts only")
    return found
