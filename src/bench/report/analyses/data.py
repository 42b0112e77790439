"""Rows of each data set, counted in the records' data, beside the printed sizes (LoRMA, Table 12).

Only whole splits of real data are counted: the total of a file, before any limit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.report.analyses.grid import DIFFERENCE, OURS, PAPER, Fact, Grid, Part, Row, cells
from bench.report.legend import HOLE
from bench.report.words import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.report.analyses.published import Analyses, Size
    from bench.report.runs import Run, Split

NAME = "lorma_table_12"
SPLITS = ("train", "validation", "test")
HEADS = ("Data set", "Source", "Train", "Validation", "Test", "Total")
PARTIAL = "only part of the rows was there"

Found = dict[int, "Run"]
"""A run for each number of rows that some split was found to have."""


def table(printed: Analyses, runs: Sequence[Run]) -> Grid:
    """The sizes of all data sets that the paper names."""
    wanted = printed.sizes
    rows: list[Row] = []
    facts: list[Fact] = []
    for size in wanted.rows:
        own = {column: counted(size, column, runs) for column in SPLITS}
        rows += _rows(size, own, runs)
        facts += _facts(size, own)
    return Grid(
        name=NAME,
        title=f"LoRMA {wanted.number}: {wanted.title}",
        remarks=(
            f"Published numbers: {printed.lorma.reference}, {wanted.number}. {wanted.note or ''}",
            (
                "“Ours”: rows of the whole published file of a split, as the records tell that "
                "they were read, before any limit; an input with all its reference texts is one "
                "row where the task keeps them together. Total: of all splits, where all were "
                "counted."
            ),
            (
                f"A hole ({HOLE}) is a split that no run has read whole: python -m bench task=TASK "
                "data=local data.root=DIR, or data=hub, leaves a record that fills it."
            ),
        ),
        parts=(Part(heading="Real data, all rows", heads=HEADS, rows=tuple(rows)),),
        facts=tuple(facts),
    )


def counted(size: Size, column: str, runs: Sequence[Run]) -> Found:
    """The numbers of rows that a split was found to have, each with the first run by its name."""
    name = size.file if size.file and column == "validation" else column
    found: Found = {}
    for run in sorted(runs, key=lambda run: run.run_id):
        split = run.splits.get(name)
        if run.task == size.task and run.real and split is not None:
            rows = whole(split, taken=bool(run.settings.get("data.partial")))
            if rows is not None:
                found.setdefault(rows, run)
    return dict(sorted(found.items()))


def whole(split: Split, *, taken: bool) -> int | None:
    """Rows of the whole file; None where the record cannot tell them.

    `taken`: other rows than the published ones were accepted (data.partial=true); a file that
    was cut by a limit as well may then be any.
    """
    if not split.partial:
        return split.rows
    if split.total is None or split.total == split.rows or taken:
        return None
    return split.total


def _rows(size: Size, own: dict[str, Found], runs: Sequence[Run]) -> Iterator[Row]:
    """Ours, the paper's, and the difference where both are whole numbers."""
    total = total_of(own)
    shown = [
        Cell(text=_text(own[column]), notes=() if own[column] else _note(size, column, runs))
        for column in SPLITS
    ]
    links = tuple(dict.fromkeys(run.link for found in own.values() for run in found.values()))
    yield Row(
        cells=(*cells(size.label, OURS), *shown, *cells(_printed(total))),
        links=links,
        origin=size.label,
    )
    printed = [getattr(size, column) for column in (*SPLITS, "total")]
    yield Row(cells=cells(size.label, PAPER, *(_printed(one) for one in printed)))
    numbers = [*(only(own[column]) for column in SPLITS), total]
    gaps = [gap(one, said) for one, said in zip(numbers, printed, strict=True)]
    if any(one is not None for one in gaps):
        told = ("" if one is None else f"{one:+,}" if one else "0" for one in gaps)
        yield Row(cells=cells(size.label, DIFFERENCE, *told))


def _note(size: Size, column: str, runs: Sequence[Run]) -> tuple[str, ...]:
    """Why there is no number, where some run has read part of the split."""
    name = size.file if size.file and column == "validation" else column
    read = any(run.task == size.task and run.real and name in run.splits for run in runs)
    return (PARTIAL,) if read else ()


def total_of(own: dict[str, Found]) -> int | None:
    """Rows of all splits, where each has one number."""
    numbers = [only(found) for found in own.values()]
    return None if None in numbers else sum(one for one in numbers if one is not None)


def only(found: Found) -> int | None:
    """The number of rows, where all records agree on one."""
    return next(iter(found)) if len(found) == 1 else None


def gap(own: int | None, printed: int | str | None) -> int | None:
    """Ours less a printed whole number."""
    return own - printed if own is not None and isinstance(printed, int) else None


def _text(found: Found) -> str:
    return " / ".join(f"{rows:,}" for rows in found) or HOLE


def _printed(value: int | str | None) -> str:
    if value is None:
        return HOLE
    return value if isinstance(value, str) else f"{value:,}"


def _facts(size: Size, own: dict[str, Found]) -> Iterator[Fact]:
    """One row a split, or more where records differ, and one for all splits."""
    for column in SPLITS:
        printed = getattr(size, column)
        if not own[column] and printed is not None:
            yield _fact(size, column, None, printed)
        for rows, run in own[column].items():
            fact = _fact(size, column, rows, printed)
            yield replace(fact, files=(run.link,), run_ids=(run.run_id,))
    if total_of(own) is not None or size.total is not None:
        yield _fact(size, "total", total_of(own), size.total)


def _fact(size: Size, column: str, rows: int | None, printed: int | str | None) -> Fact:
    less = gap(rows, printed)
    return Fact(
        task=size.task,
        place=column,
        quantity="rows",
        mean=None if rows is None else float(rows),
        n=int(rows is not None),
        published=printed,
        difference=None if less is None else float(less),
    )
