"""The rank of I(BA) while training (LoRMA, Figure 7), from ranks analyses with snapshots."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.report.analyses.grid import OURS, PAPER, Fact, Figure, Grid, Part, Row, cells
from bench.report.analyses.groups import LABELS, grouped
from bench.report.figures.curves import render
from bench.report.figures.lines import MOST, Line, Panel
from bench.report.legend import HOLE
from bench.report.values import mean_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.report.analyses.groups import Condition, Group
    from bench.report.analyses.published import Analyses, Training
    from bench.report.analyses.sources import Source
    from bench.report.runs import Run

NAME = "lorma_figure_7"
HEADS = (
    "Method", "Source", "Matrix", "d", "Steps", "Lowest rank", "Mean, first", "Mean, last", "Seeds",
)  # fmt: skip
TITLES = {"multiplier": "I(BA)", "update": "ΔW"}


@dataclass(frozen=True, kw_only=True)
class Course:
    """The ranks of one matrix of one method over the steps; widths are kept apart."""

    group: Group
    matrix: str
    full: int
    """Rank that it can have at most."""
    ranks: dict[int, list[int]]
    """Of all maps and seeds, by the step."""

    @property
    def means(self) -> tuple[float, ...]:
        """Over maps and seeds, in the order of the steps."""
        return tuple(sum(ranks) / len(ranks) for ranks in self.ranks.values())


def courses(groups: Sequence[Group]) -> list[Course]:
    """Those that have a snapshot, I(BA) before ΔW."""
    found = []
    for matrix in TITLES:
        for group in groups:
            held: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
            for source in group.sources:
                for row in source.rows:
                    if row.matrix == matrix and row.step is not None:
                        held[min(row.shape)][row.step].append(row.rank)
            found += [
                Course(group=group, matrix=matrix, full=full, ranks=dict(sorted(ranks.items())))
                for full, ranks in sorted(held.items())
            ]
    return found


def table(
    printed: Analyses,
    sources: Sequence[Source],
    known: Mapping[str, Run],
    titles: Mapping[str, str],
) -> Grid:
    """The course of the ranks of each model and task, drawn."""
    wanted = printed.training
    parts, facts = [], []
    for where, groups in grouped([s for s in sources if s.kind == "ranks"], known, titles):
        found = courses(groups)
        if found:
            parts.append(_part(wanted, where, found))
            facts += [fact for course in found for fact in _facts(where, course)]
    return Grid(
        name=NAME,
        title=f"LoRMA {wanted.number}: {wanted.title}",
        remarks=(
            f"Published: {printed.lorma.reference}, {wanted.number}. {wanted.note or ''}",
            (
                "“Ours”: over all adapted maps and n seeds, at every snapshot. I(BA) is the "
                "matrix T by which LoRMA multiplies the weight; LoRA has none. ΔW is what that "
                "does to the weight. d: the rank that the matrix can have at most."
            ),
        ),
        parts=tuple(parts) or (_printed_alone(wanted),),
        facts=tuple(facts),
    )


def _part(wanted: Training, where: Condition, found: Sequence[Course]) -> Part:
    reasons = where.apart(wanted)
    remark = [f"Not comparable with the paper's figure: {'; '.join(reasons)}."] if reasons else []
    return Part(
        heading=where.heading,
        remarks=tuple(remark),
        heads=HEADS,
        texts=3,
        rows=(*(_row(course) for course in found), *_papers(wanted)),
        figure=_figure(where, found),
    )


def _row(course: Course) -> Row:
    steps = list(course.ranks)
    span = f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,} ({len(steps)})"
    lowest = min(min(ranks) for ranks in course.ranks.values())
    texts = (
        course.group.label, OURS, TITLES[course.matrix], f"{course.full:,}", span, f"{lowest:,}",
        f"{course.means[0]:,.1f}", f"{course.means[-1]:,.1f}", course.group.seeds,
    )  # fmt: skip
    return Row(
        cells=cells(*texts),
        links=course.group.links,
        origin=course.group.label,
    )


def _papers(wanted: Training) -> Iterator[Row]:
    """What the text says of both."""
    for method in ("lorma_plus", "lorma_pi"):
        texts = (
            LABELS[method], PAPER, TITLES["multiplier"], f"{wanted.full:,}", HOLE,
            f"almost {wanted.full:,}", HOLE, HOLE, "",
        )  # fmt: skip
        yield Row(cells=cells(*texts))


def _figure(where: Condition, found: Sequence[Course]) -> Figure | None:
    """A panel each matrix, of the widest maps, over the steps."""
    labels = list(dict.fromkeys(course.group.label for course in reversed(found)))[::-1]
    if len(labels) > MOST:
        return None
    panels = []
    for matrix, title in TITLES.items():
        widths = [course.full for course in found if course.matrix == matrix]
        chosen = [
            one for one in found if (one.matrix, one.full) == (matrix, max(widths, default=0))
        ]
        if chosen:
            full = max(widths)
            panels.append(
                Panel(
                    title=f"Rank of {title}, full rank {full:,}",
                    x="optimizer steps",
                    y="rank: mean, lowest to highest",
                    limits=(0.0, full * 1.05),
                    lines=tuple(_line(one, labels.index(one.group.label)) for one in chosen),
                    level=float(full),
                )
            )
    name = f"{NAME}-{where.model}-{where.task}-{where.preset}{_kind(where)}"
    title = f"Rank while training · {where.title}"
    files = partial(render, title, where.heading.partition(" · ")[2], panels)
    return Figure(name=name, title=title, files=files)


def _kind(where: Condition) -> str:
    """What else tells files of one model, task and preset apart."""
    data = {None: "-unknown", True: "-real", False: "-synthetic"}[where.real]
    return data + "-partial" * bool(where.partial)


def _line(course: Course, index: int) -> Line:
    return Line(
        label=course.group.label,
        style=index,
        x=tuple(float(step) for step in course.ranks),
        y=course.means,
        low=tuple(float(min(ranks)) for ranks in course.ranks.values()),
        high=tuple(float(max(ranks)) for ranks in course.ranks.values()),
    )


def _printed_alone(wanted: Training) -> Part:
    """What the paper says, and how to have ours beside it."""
    return Part(
        heading=f"{wanted.model_title}, as printed",
        remarks=(
            (
                "Nothing of ours: python -m bench.analysis ranks RUN_ID makes it from a run "
                "that was trained with snapshots=true."
            ),
        ),
        heads=HEADS,
        texts=3,
        rows=tuple(_papers(wanted)),
    )


def _facts(where: Condition, course: Course) -> Iterator[Fact]:
    """The mean, over maps and seeds, of every step."""
    for step, ranks in course.ranks.items():
        value = mean_of([float(rank) for rank in ranks])
        yield Fact(
            model=where.model,
            task=where.task,
            method=course.group.method,
            settings=course.group.suffix,
            place=f"step {step}",
            quantity=f"rank of {TITLES[course.matrix]}",
            unit=f"of {course.full}",
            mean=value.mean,
            std=value.std,
            n=value.n,
            files=course.group.links,
            run_ids=course.group.run_ids,
        )
