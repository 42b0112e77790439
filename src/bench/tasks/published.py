"""Where the rows of a task are published, and how to know that they are all there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


def unchanged(rows: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Rows of the hub that have the columns of this project already."""
    return rows


@dataclass(frozen=True, kw_only=True)
class Source:
    """A published data set."""

    repository: str
    """Data set on the Hugging Face hub."""
    revision: str | None
    """Commit of it (40 hexadecimal digits); null where none is known, and data=hub refused."""
    licence: str
    folder: str
    """Folder below `data.root` for `data=local`."""
    columns: Mapping[str, Any]
    """Columns that every row must have with their types (`str`, `int`, `list[str]` ...); any
    others are left out."""
    adapt: Callable[[Iterable[Mapping[str, Any]]], Iterable[Mapping[str, Any]]] = unchanged
    """Rows of the hub to rows with these columns."""


@dataclass(frozen=True, kw_only=True)
class File:
    """The rows of one split, or of one part of it."""

    source: Source
    name: str
    """What records call it: the split, and its part where there are several."""
    rows: int
    """Rows as published."""
    sha256: str | None
    """Content hash (bench.tasks.sources) of these rows; null where nobody here saw them all,
    and only their number is checked."""
    paths: tuple[str, ...]
    """Files in the repository on the hub, Parquet or JSON, in this order."""
    stem: str = ""
    """Name of the local file, without its endings; `name` unless given."""
    subset: str = ""
    """What its items are told apart by among the other files of the split."""

    @property
    def local(self) -> str:
        """Name of the local file, without its endings."""
        return self.stem or self.name
