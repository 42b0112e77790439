"""Rows of a split: from the hub, a local folder, or the project's own generator."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.tasks import hub, local
from bench.tasks.rows import checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.config import DataConfig
    from bench.tasks.base import Row, Split, Task


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of a split, and what a record says about them."""

    split: Split
    rows: tuple[Row, ...]
    """The task's columns only, in the order of the source, after the limit."""
    sha256: str
    """Of the rows before the limit: the same rows have the same hash from every source."""
    total: int
    """Rows before the limit."""
    partial: bool
    """Whether these are fewer (or other) rows than the published split, or than generated."""
    source: str
    """hub, local or synthetic."""
    origin: str
    """Path below `data.root`, or repository@commit, or `synthetic`."""


def load(task: Task, data: DataConfig, split: Split, limit: int | None) -> Rows:
    """Read a split of a task; `limit` keeps the first rows.

    Raises DataError, in one line that says what to do, where rows are missing or damaged.
    """
    marked = False
    if data.source == "synthetic":
        origin = "synthetic"
        found = [
            checked(row, task.source.columns, f"{origin} row {number}")
            for number, row in enumerate(task.synthetic(split), start=1)
        ]
        expected = len(found)
    else:
        expected = task.source.rows[split]
        if data.source == "hub":
            origin, found = hub.read(task.source, split)
        else:
            origin, found = local.read(task.source, data, split)
            marked = local.is_partial(origin)
    kept = tuple(found[:limit])
    return Rows(
        split=split,
        rows=kept,
        sha256=content_hash(found),
        total=len(found),
        partial=marked or len(found) != expected or len(kept) != len(found),
        source=data.source,
        origin=origin,
    )


def content_hash(rows: Sequence[Row]) -> str:
    """SHA-256 of the rows as JSON Lines: UTF-8, sorted keys, no blanks, each line ended."""
    digest = hashlib.sha256()
    for row in rows:
        line = json.dumps(dict(row), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()
