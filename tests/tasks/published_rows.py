"""The published rows, which are no part of this project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.config import DataConfig


def published_rows(*folders: str) -> DataConfig:
    """Where they are; skips the test where a folder of them is absent."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    root = Path(os.environ.get("BENCH_DATA") or beside)
    absent = [folder for folder in folders if not (root / folder).is_dir()]
    if absent:
        pytest.skip(f"no published rows of {', '.join(absent)} in {root}; set BENCH_DATA")
    return DataConfig(source="local", root=root)
