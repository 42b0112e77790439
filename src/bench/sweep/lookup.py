"""The identities of many cells, reading each data set and each model once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from bench.config import Cell
from bench.errors import BenchError
from bench.identity import Identity, identify
from bench.material import hashes, load_rows
from bench.models.fingerprint import fingerprint

Found = TypeVar("Found")


class Lookups:
    """Remembers what was looked up, errors too."""

    def __init__(self) -> None:
        self._data: dict[str, dict[str, str] | BenchError] = {}
        self._weights: dict[str, str | BenchError] = {}

    def identity(self, cell: Cell) -> Identity:
        """Identity of a cell; a BenchError where its data or model cannot be read."""
        settings = cell.settings
        limits = [cell.train.limit, cell.train.validation_limit, cell.eval.split, cell.eval.limit]
        data = _once(
            self._data,
            [settings["task"], settings["data"], limits],
            lambda: hashes(load_rows(cell)),
        )
        weights = _once(self._weights, settings["model"], lambda: fingerprint(cell.model).sha256)
        return identify(cell, data, weights)


def _once(memory: dict[str, Found | BenchError], key: Any, find: Callable[[], Found]) -> Found:
    """What `find` returns or raises, called once for each `key`."""
    name = json.dumps(key, sort_keys=True, default=str)
    if name not in memory:
        try:
            memory[name] = find()
        except BenchError as error:
            memory[name] = error
    held = memory[name]
    if isinstance(held, BenchError):
        raise held
    return held
