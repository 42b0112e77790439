"""What `python -m bench.speed` left below results/speed, one table with bars for each file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.errors import StoreError
from bench.printable import one_line
from bench.report.analyses.grid import Fact, Figure, Grid, Part, Row, cells
from bench.report.figures import bars
from bench.speed.files import load, paths
from bench.speed.notes import notes
from bench.speed.settings import WAYS
from bench.speed.table import grid, profile, timed
from bench.store.store import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.speed import table as table_of
    from bench.speed.results import MethodSpeed, Speed
    from bench.speed.settings import WayName


KERNELS = "What the GPU does in a step of the fastest way, and how long it waits between kernels"


@dataclass(frozen=True, kw_only=True)
class Timed:
    """One measurement."""

    link: str
    """Path of its file below the results folder."""
    speed: Speed

    def step_ms(self, method: str, way: WayName) -> float | None:
        """Milliseconds of a step, where it was measured."""
        found = next((one for one in self.speed.methods if one.method == method), None)
        step = timed(found, way) if found else None
        return step.step_ms if step else None

    @property
    def name(self) -> str:
        """Stem of its table's files."""
        return f"speed_{self.link.rpartition('/')[2].removesuffix('.json')}"

    @property
    def title(self) -> str:
        """What was measured, where, and the label that tells it from others of the same."""
        speed = self.speed
        label = speed.settings.get("label")
        parts = (speed.title, speed.precision, speed.device, *([str(label)] if label else []))
        return one_line(f"Speed: {', '.join(parts)}")


def read_speeds(results: Path) -> tuple[list[Timed], list[Damaged]]:
    """The measurements below a results folder, and the files that are left out with the reason."""
    found: list[Timed] = []
    damaged: list[Damaged] = []
    for path in paths(results):
        try:
            one = Timed(link=path.relative_to(results).as_posix(), speed=load(path))
        except StoreError as error:
            damaged.append(Damaged(path, one_line(str(error))))
        else:
            found.append(one)
    return found, damaged


def tables(speeds: Sequence[Timed]) -> list[Grid]:
    """A table a measurement."""
    return [table(one) for one in speeds]


def table(one: Timed) -> Grid:
    """Milliseconds a step of every method in every way, drawn where anything was timed."""
    speed = one.speed
    figure = Figure(name=one.name, title=one.title, files=partial(bars.render, speed))
    steps = _part(
        "Training steps and decoding",
        grid(speed),
        one.link,
        remarks=tuple(one_line(note) for note in notes(speed)),
        figure=figure if bars.shown_in(speed) else None,
    )
    looked_at = profile(speed)
    kernels = () if looked_at is None else (_part(KERNELS, looked_at, one.link, texts=2),)
    return Grid(
        name=one.name,
        title=one.title,
        remarks=(one_line(f"Measured by: {' '.join(speed.command)}"),),
        parts=(steps, *kernels),
        facts=tuple(_facts(one)),
    )


def _part(
    heading: str,
    shown: table_of.Grid,
    link: str,
    *,
    texts: int = 1,
    remarks: tuple[str, ...] = (),
    figure: Figure | None = None,
) -> Part:
    rows = (Row(cells=cells(*row), links=(link,), origin="measured") for row in shown.rows)
    return Part(
        heading=heading,
        remarks=remarks,
        heads=shown.heads,
        texts=texts,
        rows=tuple(rows),
        figure=figure,
    )


def _facts(one: Timed) -> Iterator[Fact]:
    """Every time, rate and peak of memory."""
    speed = one.speed
    fact = partial(
        Fact,
        model=speed.model,
        task=str(speed.settings.get("task") or ""),
        settings=f"{speed.device} {speed.precision} batch {speed.batch_size}",
        files=(one.link,),
    )
    for held in speed.methods:
        for place, quantity, unit, value, n in _numbers(held):
            yield fact(
                method=held.method, place=place, quantity=quantity, unit=unit, mean=value, n=n
            )
    if speed.decoding is not None:
        for place, value in (("ours", speed.decoding.ours), ("plain", speed.decoding.plain)):
            yield fact(place=place, quantity="decoded input", unit="s", mean=value, n=1)


def _numbers(held: MethodSpeed) -> Iterator[tuple[str, str, str, float, int]]:
    """Way, quantity, unit and value of a method, and how many passes it is the median of."""
    for way in (found for name in WAYS if (found := timed(held, name))):
        n = len(way.seconds)
        memory = way.memory.allocated_peak if way.memory else None
        numbers = (
            ("training step", "ms", way.step_ms),
            ("real tokens", "1/s", way.tokens_per_second),
            ("peak memory", "bytes", memory),
        )
        yield from ((way.way, name, unit, value, n) for name, unit, value in numbers if value)
    if held.packed and (step := held.packed.run_ms):
        yield f"{held.packed.runs} packed", "training step", "ms", step, len(held.packed.seconds)
    if held.cell and held.cell.train_seconds and held.cell.decode_seconds:
        yield "whole cell", "training", "s", held.cell.train_seconds, 1
        yield "whole cell", "decoding", "s", held.cell.decode_seconds, 1
