"""An analysis as a person reads it. No torch."""

from __future__ import annotations

from dataclasses import asdict

from tabulate import tabulate

from bench.analysis.records import Analysis
from bench.analysis.rows import EnergyRow

LONG = ("singular_values", "energy", "shape", "chosen_on")
"""Columns that the file has and the screen has not."""

FIRST = ("map", "block", "part", "step", "matrix", "compared", "method", "form")
"""Columns that name a row."""


def as_text(analysis: Analysis) -> str:
    """A table: a line a row, or a line a number where there is one row."""
    given = {key: value for key, value in analysis.settings.items() if value is not None}
    settings = ", ".join(f"{key}: {value}" for key, value in given.items())
    rows = [asdict(row) for row in analysis.values if _wanted(row, analysis)]
    if analysis.kind != "energy":
        names = [*(key for key in FIRST if key in rows[0]), *(key for key in rows[0])]
        rows = [{key: row[key] for key in names if key not in LONG} for row in rows]
    if len(rows) == 1:
        body = tabulate(rows[0].items(), tablefmt="plain", floatfmt=".6g", missingval="null")
    else:
        body = tabulate(rows, "keys", "simple", floatfmt=".4g", missingval="null")
    return f"{body}\n{settings}"


def _wanted(row: object, analysis: Analysis) -> bool:
    """Whole curves are for figures; on the screen are the points that were asked for."""
    if not isinstance(row, EnergyRow):
        return True
    asked = analysis.settings["rank" if row.by == "singular_values" else "keep"]
    return bool(row.kept == asked)
