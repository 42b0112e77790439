"""A whole measurement: every method, then decoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import cast

import torch

from bench.arithmetic import set_arithmetic
from bench.attach.attach import Attached
from bench.config import Cell
from bench.errors import BenchError, ConfigError
from bench.machine import device_of, precision_of
from bench.material import Material, load_rows, prepare
from bench.measure import free_unused
from bench.models.load import Loaded, load
from bench.problems.base import Problem
from bench.problems.of_task import problem_of
from bench.recording import now
from bench.seeds import derive
from bench.speed.base import Base, multiplied, size
from bench.speed.decode import Prompts, decoding
from bench.speed.drawn import random_lines, random_prompts, random_shaped
from bench.speed.method import measured
from bench.speed.peak import peak_of
from bench.speed.results import SCHEMA, Decoding, MethodSpeed, Peak, Speed
from bench.speed.settings import Settings
from bench.speed.ways import Start
from bench.store.provenance import provenance
from bench.tasks.base import GenerationTask
from bench.training.batches import Batch, Line, stream
from bench.training.text import contexts


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What all methods of a measurement share."""

    cell: Cell
    """The first of them: they differ in the method only."""
    settings: Settings
    device: torch.device
    material: Material | None
    """Rows, unless they are drawn."""

    @property
    def problem(self) -> Problem:
        """What is done in another way for each kind of task."""
        return problem_of(self.cell, autocast=self.autocast)

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
        return load(
            self.cell.model, head=self.problem.head, dtype=dtype, device=self.device, seed=seed
        )

    def lines(self, cell: Cell, attached: Attached, loaded: Loaded) -> Sequence[Line]:
        """The rows that a method is trained on."""
        if self.material is None:
            return random_lines(attached, cell.seed)
        problem = problem_of(cell, autocast=self.autocast)
        return problem.lines(attached, loaded.tokenizer, self.material.train)

    def start(self, cell: Cell, base: Base) -> Start:
        """A method at its start; a BenchError where this model cannot have it."""
        dropout = self.settings.dropout == "model"
        attached = base.attached(cell.method, cell.seed, dropout=dropout)
        if not attached.trained():
            raise ConfigError(f"{cell.method.name}: trains nothing")
        loaded = base.of(cell.method)
        lines = self.lines(cell, attached, loaded)
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

    def prompts(self, loaded: Loaded) -> Prompts:
        """What is decoded."""
        number = self.settings.queries
        if self.material is None:
            return random_prompts(loaded.model.config.vocab_size, self.cell.seed)[:number]
        asked = [query.context for query in self.material.evaluation[:number]]
        return contexts(loaded.tokenizer, asked)

    def decoded(self, base: Base) -> Decoding | None:
        """How fast decoding is; nothing for a task without texts."""
        if not self.settings.queries or not isinstance(self.cell.task, GenerationTask):
            return None
        loaded = base.of(self.cell.method)
        return decoding(loaded, self.prompts(loaded), self.cell.decode, autocast=self.autocast)

    def method(self, cell: Cell, base: Base, peak: Peak) -> MethodSpeed:
        """One method, or why this model cannot have it."""
        try:
            start = self.start(cell, base)
        except BenchError as error:
            return MethodSpeed(
                method=cell.method.name, trained=0, refused=str(error), tokens=0, ways=()
            )
        return measured(start, self.settings, peak, self.precision)


def measure(
    cells: Sequence[Cell],
    settings: Settings,
    command: Sequence[str],
    threads: int,
    keep: Callable[[Speed], None],
) -> Speed:
    """Measure every cell; `keep` is given all that is known behind each method."""
    cell = cells[0]
    device = torch.device(device_of(cell))
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device={cell.device}: torch {torch.__version__} finds no usable GPU")
    set_arithmetic(cell, threads)
    shared = Measurement(
        cell=cell,
        settings=settings,
        device=device,
        material=None if settings.shape else prepare(cell, load_rows(cell)),
    )
    base = Base(read=shared.read, autocast=shared.autocast)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else None
    origin = provenance(threads, name)
    model = base.of(cell.method).model
    speed = Speed(
        schema=SCHEMA,
        command=tuple(command),
        created=now(),
        model=cell.model.name,
        title=cell.model.title,
        drawn=settings.shape is not None,
        values=size(model),
        multiplied=multiplied(model),
        device=name or str(origin["cpu"]),
        precision=shared.precision,
        batch_size=cell.train.batch_size,
        settings=asdict(settings) | {"task": cell.task.key, "data": cell.data.source},
        peak=peak_of(device, shared.precision),
        methods=(),
        decoding=None,
        provenance=origin,
    )
    for one in cells:
        found = shared.method(one, base, speed.peak)
        free_unused()
        speed = replace(speed, methods=(*speed.methods, found))
        keep(speed)
    if (decoded := shared.decoded(base)) is not None:
        speed = replace(speed, decoding=decoded)
        keep(speed)
    return speed
