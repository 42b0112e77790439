"""What all methods of a measurement share, and each of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

import torch

from bench.config import Cell
from bench.errors import BenchError, ConfigError
from bench.machine import precision_of
from bench.material import load_rows, prepare
from bench.measure import free_unused
from bench.models.load import Loaded, load
from bench.problems.base import Problem
from bench.problems.of_task import problem_of
from bench.seeds import derive
from bench.speed.base import Base
from bench.speed.cell import WholeCell
from bench.speed.decode import decoding
from bench.speed.drawn import random_shaped
from bench.speed.method import measured
from bench.speed.results import CellSpeed, Decoding, MethodSpeed, Peak
from bench.speed.rows import DrawnRows, SpeedRows, TaskRows
from bench.speed.settings import Settings
from bench.speed.ways import Start
from bench.tasks.base import GenerationTask
from bench.training.batches import Batch, Line, stream


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What all methods of a measurement share."""

    cell: Cell
    """The first of them: they differ in the method only."""
    settings: Settings
    device: torch.device
    rows: SpeedRows

    def problem(self, cell: Cell) -> Problem:
        """What is done in another way for each kind of task."""
        return problem_of(cell, autocast=self.autocast)

    @property
    def generates(self) -> bool:
        """Whether the task has texts."""
        return isinstance(self.cell.task, GenerationTask)

    @property
    def precision(self) -> str:
        """The arithmetic."""
        return precision_of(self.cell)

    @property
    def autocast(self) -> bool:
        """Whether matrix products run in bf16."""
        return self.precision == "bf16"

    def read(self, dtype: torch.dtype) -> Loaded:
        """The base model on the device."""
        seed = derive(self.cell.seed, "head")
        if self.settings.shape is not None:
            return random_shaped(self.cell.model, dtype, self.device, seed)
        head = self.problem(self.cell).head
        return load(self.cell.model, head=head, dtype=dtype, device=self.device, seed=seed)

    def start(self, cell: Cell, base: Base) -> Start:
        """A method at its start; a BenchError where this model cannot have it."""
        dropout = self.settings.dropout == "model"
        attached = base.attached(cell.method, cell.seed, dropout=dropout)
        if not attached.trained():
            raise ConfigError(f"{cell.method.name}: trains nothing")
        loaded = base.of(cell.method)
        lines = self.rows.lines("train", self.problem(cell), attached, loaded)
        padding = cast("int", loaded.tokenizer.pad_token_id)
        return Start(
            cell=cell,
            base=base,
            attached=attached,
            values={name: tensor.to(self.device) for name, tensor in attached.state().items()},
            lines=lines,
            batches=self.batches(lines, padding),
            padding=padding,
            padded=self.settings.padded,
            dropout=dropout,
        )

    def batches(self, lines: Sequence[Line], padding: int) -> list[Batch]:
        """The first batches of a training."""
        endless = stream(lines, self.cell.train.batch_size, 1, self.cell.seed, padding)
        return [held[0] for _, held in islice(endless, self.settings.batches)]

    def decoded(self, base: Base) -> Decoding | None:
        """How fast decoding is; nothing for a task without texts."""
        if not self.settings.queries or not self.generates:
            return None
        loaded = base.of(self.cell.method)
        prompts = self.rows.prompts(loaded)[: self.settings.queries]
        return decoding(loaded, prompts, self.cell.decode, autocast=self.autocast)

    def method(self, cell: Cell, base: Base, peak: Peak) -> MethodSpeed:
        """One method, or why this model cannot have it."""
        try:
            start = self.start(cell, base)
        except BenchError as error:
            return MethodSpeed(
                method=cell.method.name, trained=0, refused=str(error), tokens=0, ways=()
            )
        found = measured(start, self.settings, peak, self.precision)
        if not self.settings.wants("cell", found.method):
            return found
        del start  # its models would stand in the way of the whole cell's
        free_unused()
        if not self.generates:
            return replace(found, cell=CellSpeed(reason="only cells that generate texts are timed"))
        return replace(found, cell=self.whole(cell, base).timed())

    def whole(self, cell: Cell, base: Base) -> WholeCell:
        """A method's whole cell, before its first step."""
        loaded, problem = base.of(cell.method), self.problem(cell)
        attached = base.attached(cell.method, cell.seed, dropout=True)
        return WholeCell(
            cell=cell,
            attached=attached,
            loaded=loaded,
            train=self.rows.lines("train", problem, attached, loaded),
            validation=self.rows.lines("validation", problem, attached, loaded),
            prompts=self.rows.prompts(loaded),
            autocast=self.autocast,
        )


def measurement(cell: Cell, settings: Settings, device: torch.device) -> Measurement:
    """What methods share, with the rows of the task or, for a shape alone, random ones."""
    rows: SpeedRows = DrawnRows(cell=cell)
    if settings.shape is None:
        rows = TaskRows(material=prepare(cell, load_rows(cell)))
    return Measurement(cell=cell, settings=settings, device=device, rows=rows)
