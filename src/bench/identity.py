"""What goes into `run_id`: all that can change a result, and nothing else.

    settings    method, task, train, decode, eval, preset and seed, as typed values;
                `train.precision` after `auto` was decided
    data        SHA-256 of the rows of each split, before limits
    model       name, and SHA-256 of the base weights (or of the pinned revision)
    versions    version of each component that the cell uses: the method's parts, the task, its
                metrics, the loaders of models, the trainer, the decoder

Left out, because they cannot change a result: folders, logging, threads, the device, the
launcher and the other cells of a sweep, where the same rows or weights were read from,
checkpoints, time limits, when a run was told to stop early, and how steps are launched on a GPU:
the same arithmetic, in which the order of sums and the draws of dropout differ as they do between
devices.

A field that has a default in its dataclass enters only where it differs from it. So a
later version may add a setting without renaming every run made before, as long as the
default leaves results as they were; and such a default, once there, never changes
(another default for people is set in conf/).
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any

from bench import decoding, models, training
from bench.config import Cell
from bench.machine import precision_of
from bench.tasks.base import Task

SECTIONS = ("method", "task", "train", "decode", "eval", "preset", "seed")
"""Parts of a cell that enter as they are set; data and model enter by their content."""

LAUNCHING = {"train": ("step", "compile"), "decode": ("step",)}
"""Settings of a section that say how the same arithmetic is launched."""

LENGTH = 16
"""Hexadecimal digits of `run_id`: 64 bits, no collision among any number of runs one makes."""


@dataclass(frozen=True)
class Identity:
    """The identity of a cell."""

    hash: str
    group: str
    """The same hash without the seed: what may be averaged."""
    inputs: dict[str, Any]

    @property
    def run_id(self) -> str:
        """Name of the run."""
        return self.hash[:LENGTH]


def digest(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of plain data, whatever the order of its keys."""
    text = json.dumps(inputs, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Any) -> Any:
    """Typed settings as plain data, fields at their default left out."""
    if is_dataclass(value):
        named = {"key": value.key} if hasattr(value, "key") else {}
        given = {field.name: getattr(value, field.name) for field in fields(value)}
        kept = {
            field.name: plain(given[field.name])
            for field in fields(value)
            if field.default is MISSING or given[field.name] != field.default
        }
        return {**named, **kept}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def shared_versions(task: Task | type[Task]) -> dict[str, int]:
    """Version of each component that is neither part of a method nor a task."""
    return {
        "metrics": importlib.import_module(task.scorer).VERSION,
        "models": models.VERSION,
        "trainer": training.VERSION,
        "decoder": decoding.VERSION,
    }


def identify(cell: Cell, data: Mapping[str, str], weights: str) -> Identity:
    """Identity of `cell` on splits with the given hashes and on a base model's hash."""
    settings = {name: plain(getattr(cell, name)) for name in SECTIONS}
    settings["train"]["precision"] = precision_of(cell)
    for name, launching in LAUNCHING.items():
        settings[name] = {k: v for k, v in settings[name].items() if k not in launching}
    inputs: dict[str, Any] = {
        "settings": settings,
        "data": dict(data),
        "model": {"name": cell.model.name, "weights": weights},
        "versions": {
            **cell.method.versions,
            f"task {cell.task.key}": cell.task.version,
            **shared_versions(cell.task),
        },
    }
    seedless = {**inputs, "settings": {k: v for k, v in settings.items() if k != "seed"}}
    return Identity(digest(inputs), digest(seedless), inputs)
