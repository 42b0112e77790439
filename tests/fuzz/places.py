"""Places in nested values, and what is there changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Where every value is that a mapping or list holds, on every level."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, held in pairs:
        yield (*above, key)
        if isinstance(held, dict | list):
            yield from places(held, (*above, key))


def changed(value: Any, place: Place, new: Any) -> Any:
    """A copy with `new` at a place."""
    result = copy.deepcopy(value)
    inner = result
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = new
    return result


def without(value: Any, place: Place) -> Any:
    """A copy that lacks what is at a place."""
    result = copy.deepcopy(value)
    inner = result
    for key in place[:-1]:
        inner = inner[key]
    del inner[place[-1]]
    return result
