"""Runs, from their records."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench.registry import tasks
from bench.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.list.files import Entry
    from bench.store.record import Record


def runs(results: Path) -> Iterator[Entry]:
    """Every record below `results`; files that are no records are named on stderr."""
    records, damaged = Store(results).read()
    for file in damaged:
        print(f"bench: {file.path}: left out, {file.reason}", file=sys.stderr)
    if not records:
        print(f"bench: {results}: holds no records", file=sys.stderr)
    for record in records:
        cell = record.cell
        yield {
            "run_id": record.run_id,
            **{key: cell.get(key) for key in ("task", "model", "method", "seed", "preset")},
            "data": record.data.get("source"),
            "status": record.status,
            "metrics": _in_order(record),
        }


def _in_order(record: Record) -> dict[str, float | None]:
    """The metrics of a record in the order of its task, others behind them."""
    task = tasks().get(str(record.cell.get("task")))
    first = [metric.name for metric in task.metrics] if task else []
    names = [name for name in first if name in record.metrics]
    names += [name for name in record.metrics if name not in first]
    return {name: record.metrics[name] for name in names}
