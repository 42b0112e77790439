"""Write the page below the results folder."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from bench.report.page.render import render
from bench.store.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bench.report.analyses.grid import Grid
    from bench.report.blocks import Block
    from bench.report.runs import Run
    from bench.report.spec import TableSpec

NAME = "index.html"


def write_page(
    results: Path,
    runs: Sequence[Run],
    tables: Sequence[tuple[TableSpec, Sequence[Block]]],
    grids: Sequence[Grid],
    *,
    specifications: Mapping[str, Any],
    script: str,
) -> Path:
    """Write the page over `runs`, and return its file.

    `specifications` are those of the charts, which `script` draws. The tables and figures that the
    page links to are those that the report writes into `results`.
    """
    path = results / NAME
    page = render(runs, tables, grids, specifications=specifications, bundle=script)
    write_atomic(path, page)
    return path


@cache
def bundle() -> str:
    """The scripts that draw Vega-Lite charts, to be part of the page; takes a second."""
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
