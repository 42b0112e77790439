"""Runs, from their records."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench.printable import one_line
from bench.stale import stale
from bench.store.store import Store
from bench.summary import main_metrics, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.list.files import Entry


def runs(results: Path) -> Iterator[Entry]:
    """Every record below `results`; files that are no records are named on stderr."""
    records, damaged = Store(results).read()
    for file in damaged:
        print(one_line(f"bench: {file.path}: left out, {file.reason}"), file=sys.stderr)
    if not records:
        print(f"bench: {results}: holds no records", file=sys.stderr)
    for record in records:
        cell = record.cell
        yield {
            "run_id": record.run_id,
            **{key: cell.get(key) for key in ("task", "model", "method", "seed", "preset")},
            "data": record.data.get("source"),
            "status": record.status,
            "stale": stale(record),
            "why": "" if record.error is None else reason_of(record, longest=None),
            "metrics": main_metrics(record),
        }
