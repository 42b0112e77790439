"""A measurement as a person reads it."""

from __future__ import annotations

from tabulate import tabulate

from bench.speed.results import Speed
from bench.speed.table import grid, notes


def as_text(speed: Speed) -> str:
    """The table, and what it is a table of."""
    found = grid(speed)
    right = ["left", *("right" for _ in found.heads[1:])]
    table = tabulate(
        found.rows, headers=found.heads, tablefmt="simple", disable_numparse=True, colalign=right
    )
    return "\n".join([table, "", *(f"- {note}" for note in notes(speed))])
