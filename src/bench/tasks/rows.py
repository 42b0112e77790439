"""One row: the columns of a task, each a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bench.errors import DataError

if TYPE_CHECKING:
    from bench.tasks.base import Row


def checked(value: object, columns: tuple[str, ...], where: str) -> Row:
    """`value` with the task's columns only; `where` names it in a DataError."""
    if not isinstance(value, Mapping):
        raise DataError(f"{where}: not an object; a row needs the columns {', '.join(columns)}")
    for column in columns:
        if column not in value:
            raise DataError(
                f"{where}: no column {column}; it has {short(sorted(map(str, value)))}; "
                f"a row needs {', '.join(columns)}"
            )
        text = value[column]
        if not isinstance(text, str):
            raise DataError(f"{where}: {column}={short(text)} is not a text; put it in quotes")
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            raise DataError(f"{where}: {column}={short(text)} is not Unicode; write it as UTF-8")
    return {column: value[column] for column in columns}


def short(value: object) -> str:
    """Show a value in one line of at most 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
