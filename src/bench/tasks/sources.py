"""Rows of a split: from the hub, a local folder, or the project's own generator.

Local rows are trusted where their content has the hash that the task states: then they are
the published ones, whole. Otherwise `data.partial=true` takes them as they are, and the
record says so. Rows from the hub are those of a pinned commit.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import DataError
from bench.tasks import hub, local
from bench.tasks.rows import checker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.config import DataConfig
    from bench.tasks.base import Row, Split, Task
    from bench.tasks.published import File


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of one file of a split, and what a record says about them."""

    name: str
    """The file's name in records."""
    subset: str
    rows: tuple[Row, ...]
    """The task's columns only, in the order of the source, after the limit."""
    sha256: str
    """Of the rows before the limit: the same rows have the same hash from every source."""
    total: int
    """Rows before the limit."""
    partial: bool
    """Whether these are fewer (or other) rows than the published file, or than generated."""
    source: str
    """hub, local or synthetic."""
    origin: str
    """Path below `data.root`, or repository@commit, or `synthetic`."""


def load(task: Task, data: DataConfig, split: Split, limit: int | None) -> tuple[Rows, ...]:
    """Read a split of a task, one Rows a file; `limit` keeps the first rows of each.

    Without the split, nothing. Raises DataError, in one line that says what to do, where rows
    are missing, damaged, or not the published ones.
    """
    files = task.files.get(split, ())
    found = [_load(task, data, file, limit) for file in files if not _absent(data, file, files)]
    return tuple(found)


def _absent(data: DataConfig, file: File, files: Sequence[File]) -> bool:
    """Whether a part of a split may be left out: others are there, and it was asked for."""
    if data.source != "local" or not data.partial or data.root is None or len(files) == 1:
        return False
    there = [local.is_there(data.root, one.source.folder, one.local) for one in files]
    return any(there) and not there[files.index(file)]


def _load(task: Task, data: DataConfig, file: File, limit: int | None) -> Rows:
    origin, found = _read(task, data, file)
    digest = content_hash(found)
    whole = data.source == "synthetic" or (
        digest == file.sha256 if file.sha256 and data.source == "local" else len(found) == file.rows
    )
    if data.source == "local":
        whole = whole and not local.is_partial(origin)
        if not whole and not data.partial:
            raise DataError(
                f"{data.root}/{origin}: not the published rows ({len(found):,} rows, content "
                f"sha256 {digest[:12]}; published: {file.rows:,}, {(file.sha256 or 'no hash')[:12]}"
                "); copy the file again, or take it as it is with data.partial=true"
            )
    kept = tuple(found[:limit])
    return Rows(
        name=file.name,
        subset=file.subset,
        rows=kept,
        sha256=digest,
        total=len(found),
        partial=not whole or len(kept) != len(found),
        source=data.source,
        origin=origin,
    )


def _read(task: Task, data: DataConfig, file: File) -> tuple[str, list[Row]]:
    """Where the rows are from, and all of them."""
    if data.source == "hub":
        return hub.read(file)
    if data.source == "local":
        return local.read(file, data)
    checked = checker(file.source.columns)
    rows = task.synthetic(file)
    return "synthetic", [checked(row, f"synthetic row {n}") for n, row in enumerate(rows, start=1)]


def content_hash(rows: Sequence[Row]) -> str:
    """SHA-256 of the rows as JSON Lines: UTF-8, sorted keys, no blanks, each line ended."""
    digest = hashlib.sha256()
    for row in rows:
        line = json.dumps(dict(row), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()
