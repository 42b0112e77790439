"""The tables of a results folder, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.paths import config_folder
from bench.report.analyses.published import load_analyses
from bench.report.analyses.write import grids
from bench.report.runs import read_runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.report.analyses.grid import Grid, Part
    from bench.report.analyses.published import Analyses


@pytest.fixture(scope="session")
def printed() -> Analyses:
    """What the papers print."""
    return load_analyses(config_folder())


@pytest.fixture
def made(results: Path) -> Callable[[str], Grid]:
    """A table of the results folder as it is."""

    def of(name: str) -> Grid:
        runs, damaged = read_runs(results)
        found, unreadable = grids(results, runs)
        assert damaged == unreadable == []
        return next(grid for grid in found if grid.name == name)

    return of


def texts(part: Part) -> list[list[str]]:
    """The rows of a part without their notes."""
    return [[cell.text for cell in row.cells] for row in part.rows]
