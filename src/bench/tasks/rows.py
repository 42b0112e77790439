"""One row: the columns of a task, each of its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from bench.errors import DataError

if TYPE_CHECKING:
    from bench.tasks.base import Row

KINDS: dict[Any, str] = {str: "a text", int: "a whole number", float: "a number"}
"""Types of columns in words; others are called by their own name."""


def checker(columns: Mapping[str, Any]) -> Callable[[object, str], Row]:
    """A function of a row and of its place that keeps the columns, or raises a DataError."""
    types = {name: adapter(kind) for name, kind in columns.items()}

    def checked(value: object, where: str) -> Row:
        if not isinstance(value, Mapping):
            raise DataError(f"{where}: not an object; a row needs the columns {', '.join(columns)}")
        for name, kind in types.items():
            if name not in value:
                raise DataError(
                    f"{where}: no column {name}; it has {short(sorted(map(str, value)))}; "
                    f"a row needs {', '.join(columns)}"
                )
            try:
                kind.validate_python(value[name], strict=True)
            except ValidationError:
                raise DataError(
                    f"{where}: {name}={short(value[name])} is not {in_words(columns[name])}"
                ) from None
            if not is_unicode(value[name]):
                raise DataError(
                    f"{where}: {name}={short(value[name])} is not Unicode; write it as UTF-8"
                )
        return {name: value[name] for name in columns}

    return checked


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """What checks values of a type."""
    return TypeAdapter(kind)


def in_words(kind: Any) -> str:
    """The type of a column, for a message."""
    return KINDS.get(kind) or f"of the form {str(kind).replace('str', 'text')}"


def is_unicode(value: Any) -> bool:
    """Whether every text in a value can be written as UTF-8: no half of a surrogate pair."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    return not isinstance(parts, list) or all(map(is_unicode, parts))


def short(value: object) -> str:
    """Show a value in one line of at most 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
