"""A whole measurement: every method, then decoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import torch

from bench.arithmetic import set_arithmetic
from bench.config import Cell
from bench.errors import ConfigError
from bench.machine import device_of
from bench.measure import free_unused
from bench.recording import now
from bench.speed.base import Base, multiplied, size
from bench.speed.measurement import measurement
from bench.speed.peak import peak_of
from bench.speed.results import SCHEMA, Speed
from bench.speed.settings import Settings
from bench.store.provenance import provenance


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
    shared = measurement(cell, settings, device)
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
