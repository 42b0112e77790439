"""Write the tables and figures that are made from analyses, data and speeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.models.catalogue import catalogue
from bench.paths import config_folder
from bench.report.analyses import (
    counts,
    data,
    energy,
    orders,
    pages,
    ranks,
    similarity,
    speeds,
    training,
)
from bench.report.analyses.published import load_analyses
from bench.report.analyses.sources import read_sources
from bench.report.figures.write import paths_of, write_figure
from bench.store.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.report.analyses.grid import Grid
    from bench.report.figures.write import Draw
    from bench.report.runs import Run
    from bench.store.store import Damaged

RENDERERS = {"md": pages.as_markdown, "tex": pages.as_latex, "csv": pages.as_csv}


def write_grids(results: Path, made: Sequence[Grid], draw: Draw = write_figure) -> list[Path]:
    """Write every table, and let `draw` write its figures; returns the files."""
    written: list[Path] = []
    for grid in made:
        for ending, render in RENDERERS.items():
            written.append(results / "tables" / f"{grid.name}.{ending}")
            write_atomic(written[-1], render(grid))
        for figure in (part.figure for part in grid.parts if part.figure):
            stem = results / "figures" / figure.name
            draw(stem, figure.files)
            written += paths_of(stem)
    return written


def grids(results: Path, runs: Sequence[Run]) -> tuple[list[Grid], list[Damaged]]:
    """All tables, and the analyses and measurements that are left out with the reason.

    `runs` are the records below `results`.
    """
    sources, damaged = read_sources(results)
    printed = load_analyses(config_folder())
    timed, unreadable = speeds.read_speeds(results)
    known = {run.run_id: run for run in runs}
    titles = {run.model: run.model_title for run in runs}
    titles |= {model.name: model.title for model in catalogue()}
    found = [
        orders.table(printed, sources, timed, titles),
        counts.table(printed, sources, timed, titles),
        similarity.table(printed, sources, known, titles),
        data.table(printed, runs),
        ranks.table(printed, sources, known, titles),
        training.table(printed, sources, known, titles),
        energy.table(printed, sources, titles),
        *speeds.tables(timed),
    ]
    return found, [*damaged, *unreadable]
