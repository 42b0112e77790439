"""A measurement as a person reads it."""

from __future__ import annotations

from tabulate import tabulate

from bench.speed.notes import notes
from bench.speed.results import Speed
from bench.speed.table import Grid, grid, profile


def as_text(speed: Speed) -> str:
    """The table, what it is a table of, and what a GPU does in a step."""
    parts = [_table(grid(speed)), "\n".join(f"- {note}" for note in notes(speed))]
    if (looked_at := profile(speed)) is not None:
        parts.append(_table(looked_at))
    return "\n\n".join(parts)


def _table(found: Grid) -> str:
    right = ["left", *("right" for _ in found.heads[1:])]
    return tabulate(
        found.rows, headers=found.heads, tablefmt="simple", disable_numparse=True, colalign=right
    )
