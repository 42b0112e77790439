"""Predictions on disk as they are made, so that a killed evaluation does not start over.

A line is the first half of a SHA-256 and the JSON that it belongs to. The first line says
what the values were made of; behind other weights, or behind damage, a line does not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, MutableMapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from bench.store.files import append_line, write_atomic

DIGITS = 32
"""Hexadecimal digits before the JSON of a line."""


class Journal(MutableMapping[int, Any]):
    """Values by index, of JSON types; what `update` adds is on disk when it returns."""

    def __init__(self, path: Path, made_of: str) -> None:
        self._path = path
        self._values: dict[int, Any] = {}
        found = _whole_lines(path)
        same = found[:1] == [{"made_of": made_of}]
        kept = list(takewhile(_is_batch, found[1:])) if same else []
        for held in kept:
            self._values.update(zip(held["indices"], held["values"], strict=True))
        write_atomic(path, "".join(f"{_line(held)}\n" for held in [{"made_of": made_of}, *kept]))

    def update(self, values: Any) -> None:
        """Keep the values of one batch together; a mapping, or pairs of index and value."""
        values = dict(values)
        append_line(
            self._path, _line({"indices": list(values), "values": list(values.values())}), sync=True
        )
        self._values.update(values)

    def __getitem__(self, index: int) -> Any:
        return self._values[index]

    def __setitem__(self, index: int, value: Any) -> None:
        self.update({index: value})

    def __delitem__(self, index: int) -> None:
        raise TypeError("a journal forgets nothing")

    def __iter__(self) -> Iterator[int]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _is_batch(held: Any) -> bool:
    """Whether a line holds values and their indices."""
    if not isinstance(held, dict):
        return False
    indices, values = held.get("indices"), held.get("values")
    if not isinstance(indices, list) or not isinstance(values, list):
        return False
    return len(indices) == len(values) and all(isinstance(index, int) for index in indices)


def _line(held: Any) -> str:
    text = json.dumps(held)
    return f"{_digest(text)} {text}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _whole_lines(path: Path) -> list[Any]:
    """What the lines up to the first damaged one hold."""
    try:
        texts = path.read_bytes().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    held = []
    for text in texts:
        digest, _, body = text.partition(" ")
        if digest != _digest(body):
            break
        try:
            held.append(json.loads(body))
        except (ValueError, RecursionError):
            break
    return held
