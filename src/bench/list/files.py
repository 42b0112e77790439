"""The files of one group of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.paths import config_folder
from bench.store.plain import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Entry = dict[str, Any]
"""One thing that is listed: plain data, by the name of its column."""


def group_files(group: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The files of conf/GROUP and what they hold, in the order of their names."""
    for path in sorted((config_folder() / group).glob("*.yaml")):
        yield path, read_yaml(path)


def first_comment(path: Path) -> str:
    """The first line of a file where it is a comment."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""
