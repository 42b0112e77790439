"""The rank of ΔW of every method (LoRMA, Table 15), from ranks analyses."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bench.report.analyses.grid import (
    DIFFERENCE,
    OURS,
    PAPER,
    Fact,
    Grid,
    Part,
    Row,
    cells,
    difference,
    verdict,
)
from bench.report.analyses.groups import LABELS, by_depth, grouped
from bench.report.legend import HOLE
from bench.report.values import mean_of
from bench.report.words import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.analysis.rows import RankRow
    from bench.report.analyses.groups import Condition, Group
    from bench.report.analyses.published import Analyses, Rank, Ranks
    from bench.report.analyses.sources import Source
    from bench.report.runs import Run
    from bench.report.values import Value

NAME = "lorma_table_15"
HEADS = ("Method", "Source", "Weight", "r", "Full rank", "Rank of ΔW", "All blocks", "Seeds")


def table(
    printed: Analyses,
    sources: Sequence[Source],
    known: Mapping[str, Run],
    titles: Mapping[str, str],
) -> Grid:
    """The ranks of each model and task, beside the printed ones."""
    wanted = printed.ranks
    found = grouped([one for one in sources if one.kind == "ranks"], known, titles)
    facts = [
        fact for where, groups in found for one in groups for fact in _facts(wanted, where, one)
    ]
    return Grid(
        name=NAME,
        title=f"LoRMA {wanted.number}: {wanted.title}",
        remarks=remarks(printed),
        parts=tuple(_part(wanted, where, groups) for where, groups in found)
        or (_printed_alone(wanted),),
        facts=tuple(facts) or tuple(_printed_facts(wanted)),
    )


def remarks(printed: Analyses) -> tuple[str, ...]:
    """What the numbers are."""
    wanted = printed.ranks
    return (
        (
            f"Published numbers: {printed.lorma.reference}, {wanted.number}. The paper states no "
            "tolerance and no seeds, nor which weight of the layer it is."
        ),
        (
            "“Ours”: mean over n seeds ± sample standard deviation (left out where it is 0) of "
            f"the block that stands where layer {wanted.layer} of {wanted.blocks} does, and the "
            "lowest and highest of all blocks. Singular values count above max(rows, columns) · "
            "2⁻²³ of the largest, the default of numerical libraries for fp32."
        ),
        (
            "Full rank: what no update of that weight can exceed. A rank means something beside it "
            "only: an update that is nearly full has another number on every width."
        ),
    )


Place = tuple[int, str]
"""Block and part."""


def rows_of(group: Group) -> dict[Place, list[RankRow]]:
    """ΔW of the evaluated adapters, by block and part."""
    found: dict[Place, list[RankRow]] = defaultdict(list)
    for source in group.sources:
        for row in source.rows:
            if row.step is None and row.matrix == "update":
                found[row.block, row.part].append(row)
    return found


def rank_text(value: Value) -> str:
    """A whole number where all are the same."""
    if value.mean is None:
        return HOLE
    if not value.std:
        return f"{value.mean:,.10g}"
    return f"{value.mean:,.1f} ± {value.std:,.1f}"


def _part(wanted: Ranks, where: Condition, groups: Sequence[Group]) -> Part:
    reasons = where.apart(wanted, wanted.task)
    remark = (f"Not comparable with the paper's numbers: {'; '.join(reasons)}.",)
    rows: list[Row] = []
    for group in groups:
        printed = _printed(wanted, group.method)
        rows += _ours(wanted, group, None if reasons else printed)
        rows += [_paper(wanted, printed)] if printed else []
    shown = {group.method for group in groups}
    rows += [_paper(wanted, row) for row in wanted.rows if row.method not in shown]
    return Part(
        heading=where.heading,
        remarks=remark if reasons else (),
        heads=HEADS,
        texts=3,
        rows=tuple(rows),
    )


def _ours(wanted: Ranks, group: Group, printed: Rank | None) -> Iterator[Row]:
    """One row a part of the model; beside the printed number where all is as in the paper."""
    places = rows_of(group)
    rank = group.record.settings.get("method.rank") if group.record else None
    for part in dict.fromkeys(part for _, part in places):
        blocks = {block: rows for (block, name), rows in places.items() if name == part}
        every = [row.rank for rows in blocks.values() for row in rows]
        shown = blocks[by_depth(blocks, wanted.layer, wanted.blocks)]
        value = mean_of([float(row.rank) for row in shown])
        low, high = min(every), max(every)
        yield Row(
            cells=(
                Cell(text=group.label),
                Cell(text=OURS),
                Cell(text=part),
                Cell(text=HOLE if rank is None else str(rank)),
                Cell(text=f"{min(shown[0].shape):,}"),
                Cell(text=rank_text(value)),
                Cell(text=f"{low:,}" if low == high else f"{low:,} to {high:,}"),
                Cell(text=group.seeds),
            ),
            links=group.links,
            origin=group.label,
        )
        if printed is not None and value.mean is not None and rank == wanted.rank:
            gap = f"{value.mean - printed.value:+,.10g}"
            texts = (group.label, DIFFERENCE, part, "", "", gap, "", "")
            yield Row(cells=cells(*texts))


def _printed(wanted: Ranks, method: str) -> Rank | None:
    return next((row for row in wanted.rows if row.method == method), None)


def _paper(wanted: Ranks, row: Rank) -> Row:
    name = LABELS.get(row.method, row.method)
    numbers = (HOLE, str(wanted.rank), f"{wanted.full:,}", f"{row.value:,}", HOLE, "")
    return Row(cells=cells(*(name, PAPER, *numbers)))


def _printed_alone(wanted: Ranks) -> Part:
    """What the paper prints, and how to have ours beside it."""
    return Part(
        heading=f"{wanted.model_title}, as printed",
        remarks=("Nothing of ours: python -m bench.analysis ranks RUN_ID makes it from a run.",),
        heads=HEADS,
        texts=3,
        rows=tuple(_paper(wanted, row) for row in wanted.rows),
    )


def _facts(wanted: Ranks, where: Condition, group: Group) -> Iterator[Fact]:
    """The rank of every block and part."""
    reasons = where.apart(wanted, wanted.task)
    rank = group.record.settings.get("method.rank") if group.record else None
    if rank != wanted.rank:
        reasons.append(f"r = {rank}, not {wanted.rank}")
    places = rows_of(group)
    printed = _printed(wanted, group.method)
    for (block, part), rows in places.items():
        value = mean_of([float(row.rank) for row in rows])
        layer = by_depth(
            (held for held, name in places if name == part), wanted.layer, wanted.blocks
        )
        published = float(printed.value) if printed and block == layer else None
        yield Fact(
            model=where.model,
            task=where.task,
            method=group.method,
            settings=group.suffix,
            place=f"block {block} {part}",
            quantity="rank of ΔW",
            unit=f"of {min(rows[0].shape)}",
            mean=value.mean,
            std=value.std,
            n=value.n,
            published=published,
            difference=difference(value.mean, published, reasons),
            verdict=verdict(value.mean, published, reasons),
            files=group.links,
            run_ids=group.run_ids,
        )


def _printed_facts(wanted: Ranks) -> Iterator[Fact]:
    """The printed numbers alone."""
    for row in wanted.rows:
        yield Fact(
            model=wanted.model,
            task=wanted.task,
            method=row.method,
            place=f"layer {wanted.layer}",
            quantity="rank of ΔW",
            unit=f"of {wanted.full}",
            published=float(row.value),
        )
