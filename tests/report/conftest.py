"""The table spec of the project, and a results folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.paths import config_folder
from bench.report.page.write import bundle
from bench.report.spec import TableSpec, load_spec

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def spec() -> TableSpec:
    """LoRMA's Table 3 as the project ships it."""
    conf = config_folder()
    return load_spec(conf / "table" / "lorma_table_3.yaml", conf / "published")


@pytest.fixture(scope="session", autouse=True)
def script() -> str:
    """The page's script, made once: where the processes of a report are forks, they inherit it."""
    return bundle()


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """An empty results folder."""
    return tmp_path / "results"
