"""A table in plain text, whatever it is about; pages.py writes it in every format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report.legend import HOLE
from bench.report.words import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.report.figures.write import Files

OURS, PAPER, DIFFERENCE = "ours", "paper", "ours − paper"
SMALL = 1e-4
"""Below which numbers are written with a power of ten."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One printed row."""

    cells: tuple[Cell, ...]
    links: tuple[str, ...] = ()
    """Files below the results folder that its numbers are from."""
    origin: str = OURS
    """What they are listed under: rows of one origin and the same files are listed once."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A picture of a part."""

    name: str
    """Stem of its files."""
    title: str
    files: Files


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows that share their columns."""

    heading: str
    remarks: tuple[str, ...] = ()
    heads: tuple[str, ...]
    texts: int = 2
    """The first columns that hold text; the others hold numbers."""
    rows: tuple[Row, ...]
    figure: Figure | None = None


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One number: a row of the tidy CSV. None and empty texts are left blank."""

    model: str = ""
    task: str = ""
    method: str = ""
    settings: str = ""
    place: str = ""
    """Which weight, block, step or shape it is of."""
    quantity: str
    unit: str = ""
    mean: float | None = None
    std: float | None = None
    n: int = 0
    """Values that the mean is over."""
    published: float | str | None = None
    difference: float | None = None
    """Only where the two can be compared."""
    verdict: str = ""
    files: tuple[str, ...] = ()
    run_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One table."""

    name: str
    """Stem of its files."""
    title: str
    remarks: tuple[str, ...]
    parts: tuple[Part, ...]
    facts: tuple[Fact, ...]


def number(mean: float | None, std: float | None = None) -> str:
    """A number with three digits that tell something, and its deviation where there is one."""
    if mean is None:
        return HOLE
    size = max(abs(mean), std or 0.0)
    if size == 0:
        return "0"
    if size < SMALL:
        return f"{mean:.2e}" if std is None else f"{mean:.2e} ± {std:.1e}"
    places = decimals(size)
    if std:
        # A deviation is not to look like none.
        places = max(places, min(decimals(std) - 2, places + 2))
    text = f"{round(mean, places) + 0.0:,.{places}f}"
    return text if std is None else f"{text} ± {std:,.{places}f}"


def decimals(value: float) -> int:
    """Digits behind the point with which a number shows three that count, at most 6."""
    return next((places for places in range(6) if abs(value) >= 100 / 10**places), 6)


def cells(*texts: str) -> tuple[Cell, ...]:
    """Cells without notes."""
    return tuple(Cell(text=text) for text in texts)


def difference(mean: float | None, published: float | None, reasons: Sequence[str]) -> float | None:
    """Ours less the published number, where nothing keeps the two from being compared."""
    if mean is None or published is None or reasons:
        return None
    return mean - published


def verdict(mean: float | None, published: float | None, reasons: Sequence[str]) -> str:
    """Why two numbers cannot be compared."""
    if mean is None or published is None or not reasons:
        return ""
    return f"not comparable: {'; '.join(reasons)}"
