"""Which values of a table lead their column: the best, and all that cannot be told from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.report.paired import Sample, not_told_apart, sample

if TYPE_CHECKING:
    from bench.report.blocks import Block, Line
    from bench.report.runs import Run
    from bench.report.spec import Column

Place = tuple[int, int]
"""Numbers of an entry of a block, and of a line of it."""


def with_leaders(block: Block, columns: tuple[Column, ...]) -> Block:
    """The block with the leading values of every column marked.

    Only lines of two seeds or more are compared, whose records hold resampled scores of the same
    test items; where there are not two of them, none leads.
    """
    leading = {
        (place, number) for number, column in enumerate(columns) for place in leaders(block, column)
    }
    entries = tuple(
        replace(
            entry,
            lines=tuple(
                with_marks(line, {number for place, number in leading if place == (row, index)})
                for index, line in enumerate(entry.lines)
            ),
        )
        for row, entry in enumerate(block.entries)
    )
    return replace(block, entries=entries)


def with_marks(line: Line, numbers: set[int]) -> Line:
    """The line with the values of some columns marked."""
    marked = (replace(one, leads=index in numbers) for index, one in enumerate(line.values))
    return replace(line, values=tuple(marked))


def leaders(block: Block, column: Column) -> list[Place]:
    """Where the leading values of a column are."""
    if column.against is not None:  # per-item scores are not what it shows
        return []
    sign = 1.0 if column.better == "higher" else -1.0
    found: dict[tuple[str, int], dict[Place, Sample]] = {}
    for place, line in lines(block):
        runs = [run for run in line.counted if column.holds(run)]
        items, tested = items_of(runs), tested_sample(runs, column, sign)
        if items is not None and tested is not None:
            found.setdefault((items, tested.resampled.shape[1]), {})[place] = tested
    # Of lines on other test items those that are most: of one task there is one set.
    samples = max(found.values(), key=len, default={})
    if len(samples) < 2:
        return []
    named = {f"{place[0]:06d} {place[1]:06d}": place for place in samples}
    best = max(named, key=lambda name: (samples[named[name]].values.mean(), name))
    apart = not_told_apart(best, {name: samples[place] for name, place in named.items()})
    return [named[name] for name in apart]


def lines(block: Block) -> Iterator[tuple[Place, Line]]:
    """Every line of a block with its place."""
    for row, entry in enumerate(block.entries):
        for index, line in enumerate(entry.lines):
            yield (row, index), line


def items_of(runs: Sequence[Run]) -> str | None:
    """The hash of the test items, where it is known and the same for all runs."""
    held = {run.items for run in runs}
    return held.pop() if len(held) == 1 else None


def tested_sample(runs: Sequence[Run], column: Column, scale: float) -> Sample | None:
    """The scores of runs times `scale`; nothing where they are too few to be tested."""
    rows = [run.resamples.get(column.metric) for run in runs]
    values = [run.metrics.get(column.metric) for run in runs]
    known = [value for value in values if value is not None]
    told = [row for row in rows if row is not None]
    if len(known) < len(runs) or len(told) < len(runs) or len(runs) < 2:
        return None
    try:
        found = sample(known, told)
    except ValueError:
        return None
    return Sample(values=scale * found.values, resampled=scale * found.resampled)
