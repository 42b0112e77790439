"""A table as tidy CSV: one row for each block, line and metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.printable import one_line
from bench.report.verdicts import verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bench.report.blocks import Block, Entry, Line
    from bench.report.spec import TableSpec

FORMULA = ("=", "+", "-", "@")
"""What begins a formula."""

COLUMNS = (
    "table",
    "task",
    "model",
    "preset",
    "data",
    "rows",
    "paper_setting",
    "method",
    "label",
    "settings",
    "deviations",
    "metric",
    "unit",
    "mean",
    "std",
    "n",
    "leads",
    "published",
    "published_std",
    "difference",
    "verdict",
    "published_source",
    "trained_params",
    "published_params",
    "status",
    "note",
    "run_ids",
)


def render(spec: TableSpec, blocks: Sequence[Block]) -> str:
    """Write CSV text; numbers are in the table's unit, with ten significant digits."""
    rows = (
        row
        for block in blocks
        for entry in block.entries
        for line in entry.lines
        for row in _rows(spec, block, entry, line)
    )
    return csv_text(COLUMNS, rows)


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Write rows under their columns; nothing stands for None."""
    plain = [{key: _plain(value) for key, value in row.items()} for row in rows]
    frame = pd.DataFrame(plain, columns=list(columns), dtype=object)
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _plain(value: Any) -> Any:
    """One line of text that no spreadsheet takes for a formula; numbers without noise."""
    if isinstance(value, float):
        return f"{value:.10g}"
    text = " ".join(value) if isinstance(value, tuple) else value
    if not isinstance(text, str):
        return text
    line = one_line(text)
    return f"'{line}" if line.startswith(FORMULA) else line


def _rows(spec: TableSpec, block: Block, entry: Entry, line: Line) -> Iterator[dict[str, Any]]:
    """Give one mapping for each metric of a line."""
    setting, published = block.setting, entry.published
    trained = {run.params["trained"] for run in line.runs if "trained" in run.params}
    common = {
        "table": spec.name,
        "model": setting.model,
        "preset": setting.preset,
        "data": "real" if setting.real else "synthetic",
        "rows": "partial" if setting.partial else "all",
        "paper_setting": str(block.paper).lower(),
        "method": entry.row.method,
        "label": entry.row.label,
        "settings": "; ".join(line.label),
        "deviations": "; ".join(line.deviations),
        "published_source": published.source if published else None,
        "trained_params": " ".join(str(count) for count in sorted(trained)),
        "published_params": published.params if published else None,
        "status": line.status,
    }
    for index, column in enumerate(spec.columns):
        value = line.values[index] if line.values else None
        found = verdict(spec, block, line, index, published)
        yield {
            **common,
            "task": column.task,
            "run_ids": " ".join(run.run_id for run in line.runs if column.holds(run)),
            "metric": column.metric,
            "unit": column.unit,
            "mean": value.mean if value else None,
            "std": value.std if value else None,
            "n": value.n if value else 0,
            "leads": str(bool(value and value.leads)).lower(),
            "published": published.values.get(column.printed) if published else None,
            "published_std": (published.std or {}).get(column.printed) if published else None,
            "difference": found.difference,
            "verdict": found.text or None,
            "note": (value.note or value.hole) if value else None,
        }
