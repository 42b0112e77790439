"""The figures of a table, whichever kind they are of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.report.figures import draw
from bench.report.figures.pictures import pictures
from bench.report.figures.plots import plots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.report.blocks import Block, Setting
    from bench.report.figures.write import Files
    from bench.report.spec import TableSpec


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The figure of one block."""

    name: str
    """Stem of its files."""
    setting: Setting
    title: str
    files: Files


def drawings(spec: TableSpec, blocks: Sequence[Block]) -> Iterator[Drawing]:
    """Lines where the table is drawn so, else dots."""
    if spec.plot is not None:
        for one in plots(spec, spec.plot, blocks):
            yield Drawing(name=one.name, setting=one.setting, title=one.title, files=one.files)
        return
    for picture in pictures(spec, blocks):
        yield Drawing(
            name=picture.name,
            setting=picture.setting,
            title=picture.title,
            files=partial(draw.render, picture),
        )
