"""Lists as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabulate import tabulate

from bench.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.list.files import Entry

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "methods": ("name", "about", "parts", "mergeable", "trained", "source"),
    "tasks": ("name", "title", "rows", "metrics", "licence"),
    "runs": (
        "run_id",
        "task",
        "model",
        "method",
        "seed",
        "preset",
        "data",
        "status",
        "stale",
        "metrics",
        "why",
    ),
}
"""Columns of a list that has more to say than fits a line; its JSON has everything."""

NOTHING = {"stale": "no"}
"""What stands for an empty list."""

NARROW = {
    "about": 40,
    "source": 32,
    "from": 32,
    "metrics": 36,
    "parts": 16,
    "rows": 28,
    "licence": 32,
    "stale": 24,
    "why": 40,
}
"""Characters in a line of a column where the terminal is too narrow for one line each."""


def as_table(entries: Sequence[Entry], kind: str, width: int | None = None) -> str:
    """Entries as an aligned table, one line each unless that exceeds `width` characters.

    Some columns need a setting (`trained` needs a model); without it they are left out.
    """
    if not entries:
        return "none"
    wanted = COLUMNS.get(kind, tuple(entries[0]))
    columns = [key for key in wanted if key in entries[0]]
    body = [[_text(entry[key]) or NOTHING.get(key, "") for key in columns] for entry in entries]
    whole = tabulate(body, columns, "simple", disable_numparse=True)
    if width is None or max(map(len, whole.splitlines())) <= width:
        return whole
    narrow = [NARROW.get(key) for key in columns]
    return tabulate(body, columns, "simple", disable_numparse=True, maxcolwidths=narrow)


def _text(value: object) -> str:
    """One value as a person reads it, spelled as on the command line."""
    match value:
        case dict():
            return ", ".join(f"{one_line(str(key))}={_text(item)}" for key, item in value.items())
        case list() | tuple():
            return ", ".join(_text(item) for item in value)
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.4g}"
    return one_line(str(value))
