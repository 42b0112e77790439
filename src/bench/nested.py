"""Nested plain data, as settings and records hold them, by dotted keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ABSENT = "not there"
"""What stands for the value of a key that one side lacks."""


def flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Walk nested mappings as (dotted key, value)."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Dotted keys whose values differ, in alphabetical order, with both values as texts."""
    old, new = dict(flatten(then)), dict(flatten(now))
    for key in sorted(old.keys() | new.keys()):
        one, other = (values.get(key, ABSENT) for values in (old, new))
        if one != other:
            yield key, _text(one), _text(other)


def _text(value: object) -> str:
    return "null" if value is None else str(value)
