"""Figures as files: drawn at once, or by another process that is handed what draws them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.store.files import write_atomic

Files = Callable[[], dict[str, bytes]]
"""Draws a figure: the content of its files by ending. Another process can be sent it."""
Draw = Callable[[Path, Files], object]
"""Sees to it that a figure is written: its path without an ending, and what draws it."""
ENDINGS = ("svg", "png")


def write_figure(stem: Path, files: Files) -> None:
    """Draw a figure, and write its files; a StoreError where that cannot be."""
    drawn = files()
    for path, ending in zip(paths_of(stem), ENDINGS, strict=True):
        write_atomic(path, drawn[ending])


def paths_of(stem: Path) -> list[Path]:
    """The files of a figure."""
    return [stem.with_name(f"{stem.name}.{ending}") for ending in ENDINGS]
