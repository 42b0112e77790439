"""The table spec of the project, and a results folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.report.page.write import bundle
from bench.report.spec import TableSpec
from tests.specs import BY_NAME

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def spec() -> TableSpec:
    """LoRMA's Table 3 as the project ships it."""
    return BY_NAME["lorma_table_3"]


@pytest.fixture(scope="session", autouse=True)
def script() -> str:
    """The page's script, made once: where the processes of a report are forks, they inherit it."""
    return bundle()


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """An empty results folder."""
    return tmp_path / "results"
