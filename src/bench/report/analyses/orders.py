"""Complexity (LoRMA, Table 1): what the methods compute, counted and timed beside LoRA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.analyses import counted
from bench.report.analyses.formula import value
from bench.report.analyses.grid import OURS, PAPER, Fact, Grid, Part, Row, cells, difference
from bench.report.analyses.groups import LABELS
from bench.report.analyses.timing import timing, timing_facts
from bench.report.legend import HOLE
from bench.report.words import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.analysis.rows import ComplexityRow
    from bench.report.analyses.published import Analyses, Operation
    from bench.report.analyses.sources import Source
    from bench.report.analyses.speeds import Timed

NAME = "lorma_table_1"
HEADS = ("Method", "Source", "Computation", "Complexity", "Operations / LoRA's")
OWN: Mapping[str, tuple[str, str]] = {
    "lora": ("W₀ x + B (A x)", "O(d k b)"),
    "lorma_none": ("B (A (W₀ x))", "O(d k b)"),
    "lorma_plus": ("z + B (A z), z = W₀ x", "O(d k b)"),
    "lorma_pi matrix": ("z + (T − I) z, z = W₀ x", "O(d k b + d² (r + b))"),
    "lorma_pi fft": ("T z row by row, z = W₀ x", "O(d k b + d r b log d)"),
}
"""The order of our products, without s."""


def table(
    printed: Analyses, sources: Sequence[Source], speeds: Sequence[Timed], titles: Mapping[str, str]
) -> Grid:
    """A part for each shape that was counted, and the measured steps."""
    wanted, found = printed.operations, counted.of_methods(sources)
    source = f"Published: {printed.lorma.reference}, {wanted.number}. {wanted.note or ''}"
    ratio = (
        "Operations / LoRA's: ours by our count; the paper's by its counts in "
        f"{printed.counts.number}, at the same shape."
    )
    return Grid(
        name=NAME,
        title=f"LoRMA {wanted.number}: {wanted.title}",
        remarks=(source, counted.OPERATIONS, ratio),
        parts=(
            *(_part(printed, one, titles) for one in found),
            *_alone(printed, found),
            *timing(speeds),
        ),
        facts=(
            *(fact for one in found for fact in _facts(printed, one)),
            *timing_facts(speeds),
        ),
    )


def _part(printed: Analyses, source: Source, titles: Mapping[str, str]) -> Part:
    rows: list[Row] = []
    for method in printed.operations.rows:
        for row in counted.rows_of(source, method.method):
            first = Cell(text=counted.label(row), notes=counted.notes(row))
            own = OWN.get(counted.key(row), (HOLE, HOLE))
            told = cells(OURS, *own, ratio_text(own_ratio(source, row)))
            rows.append(Row(cells=(first, *told), links=(source.link,)))
        rows.append(_paper(method, ratio_text(printed_ratio(printed, source, method.method))))
    heading = counted.heading(source, titles)
    return Part(heading=heading, heads=HEADS, texts=4, rows=tuple(rows))


def own_ratio(source: Source, row: ComplexityRow) -> float | None:
    """Operations relative to those of LoRA, by our count."""
    base = counted.rows_of(source, "lora")
    return row.operations / base[0].operations if base else None


def printed_ratio(printed: Analyses, source: Source, method: str) -> float | None:
    """The same by the printed counts at that shape."""
    shape = counted.shape_of(source.rows[0])
    sums = {one.method: value(one.count, shape) for one in printed.counts.rows}
    return sums[method] / sums["lora"] if {method, "lora"} <= sums.keys() else None


def ratio_text(ratio: float | None) -> str:
    """Three digits behind the point."""
    return HOLE if ratio is None else f"{ratio:.3f}"


def _paper(method: Operation, ratio: str) -> Row:
    label = LABELS.get(method.method, method.method)
    return Row(cells=cells(label, PAPER, method.computation, method.complexity, ratio))


def _alone(printed: Analyses, found: Sequence[Source]) -> Iterator[Part]:
    """What the paper prints, and how to have ours beside it."""
    if not found:
        rows = tuple(_paper(method, HOLE) for method in printed.operations.rows)
        remarks = (counted.MISSING,)
        yield Part(heading="As printed", remarks=remarks, heads=HEADS, texts=4, rows=rows)


def _facts(printed: Analyses, source: Source) -> Iterator[Fact]:
    """The ratios of every method and form."""
    for row in source.rows:
        own, said = own_ratio(source, row), printed_ratio(printed, source, row.method)
        yield Fact(
            model=source.model,
            method=row.method,
            settings=row.form or "",
            place=counted.place(source),
            quantity="operations relative to LoRA",
            mean=own,
            n=1,
            published=said,
            difference=difference(own, said, ()),
            files=(source.link,),
        )
