"""What goes into `run_id`: all that can change a result, and nothing else.

    settings    every resolved setting but those below; `train.precision` after `auto`
    data        SHA-256 of the rows of each split, before limits
    model       SHA-256 of the base weights (or of the pinned revision)
    versions    version of each component that the cell uses

Left out, because they cannot change a result: folders, logging, threads, the device,
where the same rows or weights were read from, and when a run was told to stop early.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench import decoding, metrics, models, training
from bench.config import Cell
from bench.machine import precision_of

LEFT_OUT = ("paths", "logging", "threads", "device", "stop_after", "data", "model")
"""Sections of the settings that do not enter; data and model enter by their content."""

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


def identify(cell: Cell, data: Mapping[str, str], weights: str) -> Identity:
    """Identity of `cell` on splits with the given hashes and on a base model's hash."""
    settings = {key: value for key, value in cell.settings.items() if key not in LEFT_OUT}
    settings["train"] = {**settings["train"], "precision": precision_of(cell)}
    inputs: dict[str, Any] = {
        "settings": settings,
        "data": dict(data),
        "model": {"name": cell.model.name, "weights": weights},
        "versions": {
            **cell.method.versions,
            f"task {cell.task.key}": cell.task.version,
            "metrics": metrics.VERSION,
            "models": models.VERSION,
            "trainer": training.VERSION,
            "decoder": decoding.VERSION,
        },
    }
    seedless = {**inputs, "settings": {k: v for k, v in settings.items() if k != "seed"}}
    return Identity(digest(inputs), digest(seedless), inputs)
