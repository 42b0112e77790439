"""What low-rank and sparse approximations keep of [W_q, W_k, W_v] (LoDA, Figure 2)."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from bench.report.analyses.grid import OURS, PAPER, Fact, Figure, Grid, Part, Row, cells
from bench.report.figures.curves import render
from bench.report.figures.lines import MOST, Line, Mark, Panel
from bench.report.legend import HOLE
from bench.report.words import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.report.analyses.published import Analyses, Energies, Statement
    from bench.report.analyses.sources import Source

NAME = "loda_figure_2"
HEADS = ("Block", "Source", "Shape", "Kept", "Energy")
WORDS = {"singular_values": "largest singular values", "entries": "largest entries"}


def table(printed: Analyses, sources: Sequence[Source], titles: Mapping[str, str]) -> Grid:
    """Energies of the blocks of each model, drawn."""
    wanted = printed.energies
    found = sorted(
        (one for one in sources if one.kind == "energy"),
        key=lambda one: (one.model, block_of(one), one.link),
    )
    parts = [
        _part(wanted, titles.get(model, model), list(blocks))
        for model, blocks in groupby(found, key=lambda one: one.model)
    ]
    return Grid(
        name=NAME,
        title=f"LoDA {wanted.number}: {wanted.title}",
        remarks=(
            f"Published: {printed.loda.reference}, {wanted.number}. {wanted.note or ''}",
            (
                "“Ours”: computed from the pretrained weights, without any training. The "
                "weights of query, key and value stand one below the other."
            ),
        ),
        parts=tuple(parts) or (_printed_alone(wanted),),
        facts=tuple(fact for one in found for fact in _facts(wanted, one)),
    )


def block_of(source: Source) -> int:
    """The block that it is about, or -1 where it does not say."""
    block = source.settings.get("block")
    return block if isinstance(block, int) else -1


def energy_at(source: Source, by: str, kept: float) -> float | None:
    """Energy in so many singular values, or in that fraction of the entries."""
    return next((row.energy for row in source.rows if (row.by, row.kept) == (by, kept)), None)


def is_papers(wanted: Energies, source: Source) -> bool:
    """Whether the paper is about the same weights."""
    return (source.model, block_of(source)) == (wanted.model, wanted.block)


def _part(wanted: Energies, title: str, found: Sequence[Source]) -> Part:
    rows = [row for source in found for row in _ours(wanted, source)]
    rows += [_paper(wanted, statement) for statement in wanted.rows]
    remark = () if found[0].model == wanted.model else (
        (f"Not comparable with the paper's numbers: another model ({title}, not "
        f"{wanted.model_title})."),
    )  # fmt: skip
    return Part(
        heading=title,
        remarks=remark,
        heads=HEADS,
        texts=4,
        rows=tuple(rows),
        figure=_figure(wanted, title, found),
    )


def _ours(wanted: Energies, source: Source) -> Iterator[Row]:
    """The energies at which the paper looks; of all singular values where there are fewer."""
    shape = " × ".join(f"{side:,}" for side in source.settings.get("shape") or [])
    for statement in wanted.rows:
        kept = reachable(source, statement)
        energy = energy_at(source, statement.by, kept)
        if energy is None:
            continue
        notes: tuple[str, ...] = ()
        if is_papers(wanted, source):
            says = "as the paper says" if energy > statement.above else "not as the paper says"
            notes = (f"{says}: above {100 * statement.above:.0f} %",)
        texts = (f"block {block_of(source)}", OURS, shape, told(statement.by, kept, source))
        cells = (
            *(Cell(text=text) for text in texts),
            Cell(text=f"{100 * energy:.2f} %", notes=notes),
        )
        yield Row(cells=cells, links=(source.link,), origin=texts[0])


def reachable(source: Source, statement: Statement) -> float:
    """What the statement is about, or all where a weight has fewer singular values."""
    if statement.by == "entries":
        return statement.kept
    every: list[float] = [row.kept for row in source.rows if row.by == statement.by]
    return min(statement.kept, max(every))


def told(by: str, kept: float, source: Source | None = None) -> str:
    """How much is kept, in words."""
    if by == "entries":
        return f"{100 * kept:.0f} % of the entries, the {WORDS[by][:7]}"
    shape = [] if source is None else source.settings.get("shape") or []
    return f"{kept:,.0f}{f' of {min(shape):,}' if shape else ''} {WORDS[by]}"


def _paper(wanted: Energies, statement: Statement) -> Row:
    texts = (
        f"{wanted.model_title}, block {wanted.block}", PAPER, HOLE,
        told(statement.by, statement.kept), f"> {100 * statement.above:.0f} %",
    )  # fmt: skip
    return Row(cells=cells(*texts))


def _printed_alone(wanted: Energies) -> Part:
    """What the paper says, and how to have ours beside it."""
    return Part(
        heading=f"{wanted.model_title}, as printed",
        remarks=(
            (
                f"Nothing of ours: python -m bench.analysis energy {wanted.model} makes it from "
                "the pretrained weights."
            ),
        ),
        heads=HEADS,
        texts=4,
        rows=tuple(_paper(wanted, statement) for statement in wanted.rows),
    )


def _figure(wanted: Energies, title: str, found: Sequence[Source]) -> Figure | None:
    """Two panels, a line each block."""
    if len(found) > MOST:
        return None
    panels = []
    for by, axis in (
        ("singular_values", "largest singular values kept, R"),
        ("entries", "largest entries kept, %"),
    ):
        scale = 100 if by == "entries" else 1
        marks = [
            Mark(x=scale * one.kept, y=100 * one.above, text=f"paper: > {100 * one.above:.0f} %")
            for one in wanted.rows
            if one.by == by and any(is_papers(wanted, source) for source in found)
        ]
        panels.append(
            Panel(
                title="Low rank" if by == "singular_values" else "Sparse",
                x=axis,
                y="energy kept, %",
                limits=(0.0, 103.0),
                lines=tuple(
                    Line(
                        label=f"block {block_of(source)}",
                        style=index,
                        x=tuple(scale * row.kept for row in source.rows if row.by == by),
                        y=tuple(100 * row.energy for row in source.rows if row.by == by),
                    )
                    for index, source in enumerate(found)
                ),
                marks=tuple(marks),
            )
        )
    shape = " × ".join(f"{side:,}" for side in found[0].settings.get("shape") or [])
    name = f"Energy kept of query, key and value · {title}"
    files = partial(render, name, f"pretrained weights · {shape}", panels)
    return Figure(name=f"{NAME}-{found[0].model}", title=name, files=files)


def _facts(wanted: Energies, source: Source) -> Iterator[Fact]:
    """Every point of the curves."""
    printed = {(one.by, one.kept): one for one in wanted.rows}
    for row in source.rows:
        said = printed.get((row.by, row.kept)) if is_papers(wanted, source) else None
        verdict = "" if said is None else ("inside" if row.energy > said.above else "outside")
        yield Fact(
            model=source.model,
            place=f"block {block_of(source)}",
            settings=f"kept {row.kept:.10g}",
            quantity=f"energy of the {WORDS[row.by]}",
            unit="fraction",
            mean=row.energy,
            n=1,
            published=None if said is None else f"above {said.above:g}",
            verdict=verdict,
            files=(source.link,),
        )
