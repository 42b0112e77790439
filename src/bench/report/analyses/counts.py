"""Operation counts (LoRMA, Table 11): the printed sums beside what our forward pass does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.analyses import counted
from bench.report.analyses.formula import value
from bench.report.analyses.grid import OURS, PAPER, Fact, Grid, Part, Row, cells, difference
from bench.report.analyses.groups import LABELS
from bench.report.analyses.timing import timing
from bench.report.legend import HOLE
from bench.report.words import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.report.analyses.published import Analyses, Counted
    from bench.report.analyses.sources import Source
    from bench.report.analyses.speeds import Timed

NAME = "lorma_table_11"
HEADS = (
    "Method", "Source", "Operations", "Complexity", "At this shape, 10⁶", "Ours / printed",
)  # fmt: skip
TERMS: Mapping[str, str] = {
    "lora": "dkb + krb + drb + 2db",
    "lorma_none": "dkb + 2drb + db",
    "lorma_plus": "dkb + 2drb + 2db",
    "lorma_pi matrix": "dkb + d²r + d²b + d² + db + d",
}
"""What our forward pass comes to; a test holds it against the counter."""


def table(
    printed: Analyses, sources: Sequence[Source], speeds: Sequence[Timed], titles: Mapping[str, str]
) -> Grid:
    """A part for each shape that was counted, and the measured steps."""
    wanted, found = printed.counts, counted.of_methods(sources)
    source = f"Published: {printed.lorma.reference}, {wanted.number}. {wanted.note or ''}"
    return Grid(
        name=NAME,
        title=f"LoRMA {wanted.number}: {wanted.title}",
        remarks=(source, counted.OPERATIONS),
        parts=(
            *(_part(printed, one, titles) for one in found),
            *_alone(printed, found),
            *timing(speeds),
        ),
        facts=tuple(fact for one in found for fact in _facts(printed, one)),
    )


def _part(printed: Analyses, source: Source, titles: Mapping[str, str]) -> Part:
    shape = counted.shape_of(source.rows[0])
    rows: list[Row] = []
    fewer: list[str] = []
    for method in printed.counts.rows:
        formula = value(method.count, shape)
        for row in counted.rows_of(source, method.method):
            told = (
                OURS, TERMS.get(counted.key(row), HOLE), "", counted.millions(row.operations),
                f"{row.operations / formula:.3f}",
            )  # fmt: skip
            first = Cell(text=counted.label(row), notes=counted.notes(row))
            rows.append(Row(cells=(first, *cells(*told)), links=(source.link,)))
            fewer += [counted.label(row)] if row.operations < formula else []
        rows.append(_paper(method, counted.millions(formula)))
    return Part(
        heading=counted.heading(source, titles),
        remarks=(f"Fewer operations than printed: {', '.join(fewer)}.",) if fewer else (),
        heads=HEADS,
        texts=4,
        rows=tuple(rows),
    )


def _paper(method: Counted, at: str) -> Row:
    label = LABELS.get(method.method, method.method)
    return Row(cells=cells(label, PAPER, method.count, method.complexity, at, ""))


def _alone(printed: Analyses, found: Sequence[Source]) -> Iterator[Part]:
    """What the paper prints, and how to have ours beside it."""
    if not found:
        rows = tuple(_paper(method, HOLE) for method in printed.counts.rows)
        remarks = (counted.MISSING,)
        yield Part(heading="As printed", remarks=remarks, heads=HEADS, texts=4, rows=rows)


def _facts(printed: Analyses, source: Source) -> Iterator[Fact]:
    """Counted and printed operations."""
    sums = {one.method: one.count for one in printed.counts.rows}
    for row in source.rows:
        at = counted.shape_of(row)
        said = float(value(sums[row.method], at)) if row.method in sums else None
        yield Fact(
            model=source.model,
            method=row.method,
            settings=row.form or "",
            place=counted.place(source),
            quantity="operations",
            mean=float(row.operations),
            n=1,
            published=said,
            difference=difference(float(row.operations), said, ()),
            files=(source.link,),
        )
