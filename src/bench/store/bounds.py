"""How large files of strangers may be, far above real use, and how they are read.

Real use: records of 20 KB, MetaMathQA's 395,000 rows in 400 MB, E2E's 42,000 rows, texts of
5,000 tokens, files of settings of 10 KB.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.errors import BenchError, StoreError

MIB = 1 << 20

RECORD_BYTES = 16 * MIB
"""One record or analysis, as JSON."""
SETTINGS_BYTES = MIB // 4
"""One YAML file below conf/."""
PREDICTIONS_BYTES = 1024 * MIB
"""One file of predictions."""
PREDICTION_LINE_BYTES = MIB // 8
"""One line of predictions: ROUGE-L of a text of a million words would fill any memory."""
DATA_BYTES = 2048 * MIB
"""One file of rows, decompressed."""
DATA_ROWS = 2_000_000
"""Rows of one file."""
DATA_LINE_BYTES = MIB
"""One row, as JSON."""
DEPTH = 64
"""Lists and mappings in each other."""
VALUES = 1_000_000
"""Values in one file of JSON or YAML, those that YAML repeats by name counted each time."""


def read_bounded(path: Path, limit: int, kind: type[BenchError] = StoreError) -> str:
    """The text of a regular file in UTF-8, of `limit` bytes or fewer; else an error of `kind`.

    An OSError is raised as it is.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for, a device never ends
        raise kind(f"{path}: not a regular file; put the file itself there")
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise kind(f"{path}: {path.stat().st_size:,} bytes; {limit:,} are allowed, remove it")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise kind(f"{path}: not UTF-8; save the file as UTF-8") from None


def check_shape(value: Any) -> None:
    """Raise a ValueError where plain data are nested too deeply, or are too many values."""
    waiting, seen = [(value, 1)], 0
    while waiting:
        held, depth = waiting.pop()
        seen += 1
        if seen > VALUES:
            raise ValueError(f"more than {VALUES:,} values")
        if isinstance(held, Mapping | list | tuple):
            if depth > DEPTH:
                raise ValueError(f"nested more than {DEPTH} deep")
            parts = held.values() if isinstance(held, Mapping) else held
            waiting.extend((part, depth + 1) for part in parts)
