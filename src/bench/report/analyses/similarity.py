"""ΔW of LoRMA beside ΔW of LoRA (LoRMA, Table 9), from compare analyses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.analyses.grid import (
    DIFFERENCE,
    OURS,
    PAPER,
    Fact,
    Grid,
    Part,
    Row,
    difference,
    number,
    verdict,
)
from bench.report.analyses.groups import LABELS, by_depth, grouped
from bench.report.analyses.pairs import averaged, randoms, rows_of
from bench.report.legend import HOLE
from bench.report.words import ARROWS, Cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.analysis.rows import SimilarityRow
    from bench.report.analyses.groups import Condition, Group
    from bench.report.analyses.pairs import Place
    from bench.report.analyses.published import Analyses, Similarities, Similarity
    from bench.report.analyses.sources import Source
    from bench.report.runs import Run

NAME = "lorma_table_9"
OWN = ("column_space_angle", "Angle of the column spaces")
"""A measure that the paper's text names and its numbers are not all of."""
TINY = 1e-4
"""Below which a number is printed with its power of ten."""


def table(
    printed: Analyses,
    sources: Sequence[Source],
    known: Mapping[str, Run],
    titles: Mapping[str, str],
) -> Grid:
    """The similarities of each model and task, beside the printed ones."""
    wanted = printed.similarities
    found = grouped(
        [one for one in sources if one.kind == "compare"],
        known,
        titles,
        lambda one: str(one.settings.get("rank")),
    )
    parts: list[Part] = []
    facts: list[Fact] = []
    for where, groups in found:
        own = [*groups, *randoms(groups, known)]
        parts.append(_part(wanted, where, own))
        for group in own:
            facts += _facts(wanted, where, group)
    return Grid(
        name=NAME,
        title=f"LoRMA {wanted.number}: {wanted.title}",
        remarks=remarks(printed),
        parts=tuple(parts) or (_printed_alone(wanted),),
        facts=tuple(facts) or tuple(_printed_facts(wanted)),
    )


def remarks(printed: Analyses) -> tuple[str, ...]:
    """What the numbers are."""
    wanted = printed.similarities
    return (
        f"Published numbers: {printed.lorma.reference}, {wanted.number}. {wanted.note or ''}",
        (
            "“Ours”: mean over n pairs of runs ± sample standard deviation (none for n=1), of "
            "the adapted weight and block that are named, which count from 0. Shown are the "
            f"blocks that stand where {_listed(wanted)} of {wanted.blocks} do; the CSV file has "
            "all."
        ),
        (
            "Singular values and eigenvalues: the root of the sum of squared differences of the "
            "first r; the text names the sum, but the printed row of random matrices is the "
            "root. Eigenvalues are in the order of their real parts."
        ),
        (
            "Principal angle: the largest between the spans of the r leading left singular "
            "vectors, in radians, as in the printed row of random matrices. The printed rows of "
            "LoRMA are 0 up to rounding, the angle between column spaces of which one holds "
            "the other, which those of two updates of rank r need not do; ours of whole column "
            "spaces is in the last column."
        ),
        (
            "Random: a matrix of independent N(0, 1) values in the place of LoRMA's update, one "
            "for each weight and the same in every pair: deviations are those of LoRA's runs."
        ),
    )


def _listed(wanted: Similarities) -> str:
    return " and ".join(str(layer) for layer in layers(wanted))


def layers(wanted: Similarities) -> list[int]:
    """The printed layers."""
    return sorted({row.layer for row in wanted.rows})


def heads(wanted: Similarities) -> tuple[str, ...]:
    """The columns, in the printed order and direction."""
    measures = [f"{one.label} {ARROWS[one.better]}" for one in wanted.columns]
    return ("Place", "Compared", "Source", *measures, f"{OWN[1]} {ARROWS['lower']}", "Pairs")


def _part(wanted: Similarities, where: Condition, groups: Sequence[Group]) -> Part:
    reasons = where.apart(wanted)
    remark = [f"Not comparable with the paper's numbers: {'; '.join(reasons)}."] if reasons else []
    ranks = {one.settings.get("rank") for group in groups for one in group.sources}
    remark.append(f"r = {', '.join(str(rank) for rank in sorted(ranks, key=str))}.")
    held = [(group, rows_of(group)) for group in groups]
    every = {place for _, places in held for place in places}
    rows: list[Row] = []
    for layer in layers(wanted):
        block = by_depth((place[0] for place in every), layer, wanted.blocks)
        for place in sorted(place for place in every if place[0] == block):
            for group, places in held:
                if place in places:
                    rows += _ours(wanted, group, place, places[place], layer, alike=not reasons)
        rows += [_paper(wanted, row) for row in wanted.rows if row.layer == layer]
    return Part(
        heading=where.heading, remarks=tuple(remark), heads=heads(wanted), texts=3, rows=tuple(rows)
    )


def _ours(
    wanted: Similarities,
    group: Group,
    place: Place,
    rows: Sequence[tuple[Source, SimilarityRow]],
    layer: int,
    *,
    alike: bool,
) -> Iterator[Row]:
    """Our row, and where all is as in the paper, how far it is from there."""
    label = (Cell(text=f"block {place[0]}, {place[1]}"), Cell(text=group.label))
    values = [averaged(rows, one.measure) for one in wanted.columns]
    own = averaged(rows, OWN[0])
    yield Row(
        cells=(
            *label,
            Cell(text=OURS),
            *(Cell(text=number(value.mean, value.std)) for value in values),
            Cell(text=number(own.mean, own.std)),
            Cell(text=f"n={len(rows)}"),
        ),
        links=group.links,
        origin=group.label,
    )
    printed = _printed(wanted, group.method, layer)
    if alike and printed:
        gaps = [
            "" if value.mean is None or one.measure not in printed.values
            else f"{value.mean - printed.values[one.measure]:+.{one.digits}f}"
            for one, value in zip(wanted.columns, values, strict=True)
        ]  # fmt: skip
        empty = (Cell(text=""), Cell(text=""))
        cells = (*label, Cell(text=DIFFERENCE), *(Cell(text=gap) for gap in gaps), *empty)
        yield Row(cells=cells)


def _printed(wanted: Similarities, method: str, layer: int) -> Similarity | None:
    found = (row for row in wanted.rows if (row.method, row.layer) == (method, layer))
    return next(found, None)


def _paper(wanted: Similarities, row: Similarity) -> Row:
    texts = [_angle(row.values.get(one.measure), one.digits) for one in wanted.columns]
    return Row(
        cells=(
            Cell(text=f"layer {row.layer}"),
            Cell(text=LABELS.get(row.method, row.method)),
            Cell(text=PAPER),
            *(Cell(text=text) for text in texts),
            Cell(text=HOLE),
            Cell(text=""),
        )
    )


def _angle(value: float | None, digits: int) -> str:
    """A printed number as it is printed."""
    if value is None:
        return HOLE
    return f"{value:.2e}" if abs(value) < TINY else f"{value:.{digits}f}"


def _printed_alone(wanted: Similarities) -> Part:
    """What the paper prints, and how to have ours beside it."""
    return Part(
        heading=f"{wanted.model_title}, as printed",
        remarks=(
            (
                "Nothing of ours: python -m bench.analysis compare RUN_ID LORA_RUN_ID makes it "
                "from two runs of one model."
            ),
        ),
        heads=heads(wanted),
        texts=3,
        rows=tuple(_paper(wanted, row) for row in wanted.rows),
    )


def _facts(wanted: Similarities, where: Condition, group: Group) -> Iterator[Fact]:
    """Every place and measure of ours, with the printed number where it can be compared."""
    reasons = where.apart(wanted)
    places = rows_of(group)
    held = {block for block, _ in places}
    stand = {by_depth(held, layer, wanted.blocks): layer for layer in layers(wanted) if held}
    for (block, part), rows in sorted(places.items()):
        printed = _printed(wanted, group.method, stand.get(block, -1))
        for measure in (*(one.measure for one in wanted.columns), OWN[0]):
            value = averaged(rows, measure)
            published = printed.values.get(measure) if printed else None
            yield Fact(
                model=where.model,
                task=where.task,
                method=group.method,
                settings=group.suffix,
                place=f"block {block} {part}",
                quantity=measure,
                unit="radians" if measure.endswith("angle") else "",
                mean=value.mean,
                std=value.std,
                n=value.n,
                published=published,
                difference=difference(value.mean, published, reasons),
                verdict=verdict(value.mean, published, reasons),
                files=tuple(source.link for source, _ in rows),
                run_ids=group.run_ids,
            )


def _printed_facts(wanted: Similarities) -> Iterator[Fact]:
    """The printed numbers alone."""
    for row in wanted.rows:
        for measure, value in row.values.items():
            yield Fact(
                model=wanted.model,
                method=row.method,
                place=f"layer {row.layer}",
                quantity=measure,
                published=value,
            )
