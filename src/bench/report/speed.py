"""Measurements of speed as tables and bars: what `python -m bench.speed` left below results/."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tabulate import tabulate

from bench.errors import StoreError
from bench.printable import one_line
from bench.report.figures import bars
from bench.report.figures.write import paths_of, write_figure
from bench.report.markdown import escape
from bench.speed.results import Speed, load, paths
from bench.speed.table import grid, notes
from bench.store.files import write_atomic
from bench.store.store import Damaged

if TYPE_CHECKING:
    from pathlib import Path

    from bench.report.figures.write import Draw


def write_speed(results: Path, draw: Draw = write_figure) -> tuple[list[Path], list[Damaged]]:
    """Write the table of every measurement, and let `draw` write its figure.

    Returns the files, and what is left out.
    """
    written: list[Path] = []
    damaged: list[Damaged] = []
    for path in paths(results):
        try:
            speed = load(path)
        except StoreError as error:
            damaged.append(Damaged(path, one_line(str(error))))
            continue
        name = f"speed_{path.stem}"
        shown, stem = bool(bars.shown_in(speed)), results / "figures" / name
        written.append(results / "tables" / f"{name}.md")
        write_atomic(written[-1], page(speed, name, path.name, figure=shown))
        if shown:
            draw(stem, partial(bars.render, speed))
            written += paths_of(stem)
    return written, damaged


def page(speed: Speed, name: str, source: str, *, figure: bool) -> str:
    """The measurement as Markdown; `source` is its file below results/speed."""
    found = grid(speed)
    table = tabulate(
        [[escape(cell) for cell in row] for row in found.rows],
        headers=[escape(head) for head in found.heads],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=("left", *("right" for _ in found.heads[1:])),
    )
    command = one_line(" ".join(speed.command)).replace("`", "'")
    title = escape(f"Speed · {speed.title} · {speed.precision}")
    parts = [
        f"# {title}",
        "\n".join(f"- {escape(note)}" for note in notes(speed)),
        table,
        *([f"![{title}](../figures/{name}.svg)"] if figure else []),
        f"Measured by `{command}`: [{escape(source)}](../speed/{source})",
        "*Made by `python -m bench.report` from that file alone; do not edit.*",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
