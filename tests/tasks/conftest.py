from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.config import DataConfig


@pytest.fixture
def published() -> DataConfig:
    """The published rows, which are no part of this project."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    root = Path(os.environ.get("BENCH_DATA") or beside)
    if not (root / "e2e_nlg").is_dir():
        pytest.skip(f"no published E2E rows in {root}; set BENCH_DATA")
    return DataConfig(source="local", root=root)
