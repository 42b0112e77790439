"""`python -m bench.report [paths.results=DIR]`: tables, figures and a page, from records alone."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import BenchError, ConfigError
from bench.paths import config_folder
from bench.printable import one_line
from bench.report import latex, markdown, tidy
from bench.report.analyses.write import grids, write_grids
from bench.report.blocks import Block
from bench.report.figures.drawings import drawings
from bench.report.figures.write import paths_of, write_figure
from bench.report.page.charts import specifications
from bench.report.page.write import bundle, write_page
from bench.report.runs import read_runs
from bench.report.spec import TableSpec, load_specs
from bench.report.tables import blocks_of
from bench.store.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from bench.report.figures.write import Draw, Files

USAGE = """usage: python -m bench.report [paths.results=DIR]

Rebuilds DIR/tables/<name>.md, .tex and .csv, and DIR/figures/<name>-<block>.svg and .png,
for every conf/table/<name>.yaml from the records in DIR and the published numbers; the same for
every DIR/speed/<name>.json, which python -m bench.speed leaves, as speed_<name>; the tables and
figures of weights, costs and data from DIR/analysis, which python -m bench.analysis leaves; and
DIR/index.html, one page over all of them and every run.
DIR is BENCH_RESULTS, or results, unless given.
"""
PROCESSES = 2
"""Beside this one: as many as a small machine has cores, as most of the work is theirs."""
RENDERERS = {"md": markdown.render, "tex": latex.render, "csv": tidy.render}


def results_folder(arguments: Sequence[str]) -> Path:
    """Find the folder of the records in the arguments or the environment."""
    folder = os.environ.get("BENCH_RESULTS") or "results"
    for argument in arguments:
        key, _, value = argument.partition("=")
        if key != "paths.results" or not value:
            raise ConfigError(f"{argument}: no such argument; allowed: paths.results=DIR")
        folder = value
    return Path(folder)


def write_table(spec: TableSpec, blocks: Sequence[Block], results: Path, draw: Draw) -> list[Path]:
    """Write one table in every format, and let `draw` write its figures; returns the files."""
    stems = []
    for drawing in drawings(spec, blocks):
        stems.append(results / "figures" / drawing.name)
        draw(stems[-1], drawing.files)
    written = [results / "tables" / f"{spec.name}.{ending}" for ending in RENDERERS]
    for path, render in zip(written, RENDERERS.values(), strict=True):
        write_atomic(path, render(spec, blocks))
    return written + [path for stem in stems for path in paths_of(stem)]


def report(results: Path) -> None:
    """Rebuild every table below `results`, saying what was read, left out and written.

    Other processes draw the figures, and make what the page needs beside records.
    """
    specs = load_specs(config_folder())
    drawn: list[Future[None]] = []
    with ProcessPoolExecutor(PROCESSES) as pool:

        def draw(stem: Path, files: Files) -> None:
            drawn.append(pool.submit(write_figure, stem, files))

        script, charts = pool.submit(bundle), pool.submit(specifications)
        runs, damaged = read_runs(results)
        print(f"read {len(runs)} record{'s' * (len(runs) != 1)} from {results}")
        analysed, unusable = grids(results, runs)
        for file in (*damaged, *unusable):
            print(one_line(f"left out {file.path}: {file.reason}"))
        tables = [(spec, blocks_of(spec, runs)) for spec in specs]
        written = [path for table in tables for path in write_table(*table, results, draw)]
        written += write_grids(results, analysed, draw)
        page = write_page(
            results, runs, tables, analysed,
            specifications=charts.result(), script=script.result(),
        )  # fmt: skip
        written.append(page)
        for one in drawn:
            one.result()
    for path in written:
        print(f"wrote {path}")


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done, 1 nothing could be written, 2 a wrong argument or file of conf/."""
    if any(argument in {"-h", "--help"} for argument in arguments):
        print(USAGE, end="")
        return 0
    try:
        report(results_folder(arguments))
    except BenchError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
