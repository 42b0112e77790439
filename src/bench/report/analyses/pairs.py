"""The rows of compare analyses by their place, and over pairs of runs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bench.report.analyses.groups import Group
from bench.report.values import mean_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.analysis.rows import SimilarityRow
    from bench.report.analyses.sources import Source
    from bench.report.runs import Run
    from bench.report.values import Value

Place = tuple[int, str]
"""Block and part."""


def randoms(groups: Sequence[Group], known: Mapping[str, Run]) -> Iterator[Group]:
    """The rows of random matrices; a reference that several runs are compared with counts once."""
    found: dict[tuple[str, str], dict[str, Source]] = defaultdict(dict)
    for group in groups:
        drawn = (one for one in group.sources if any(r.compared == "random" for r in one.rows))
        for source in drawn:
            reference = source.runs[1].run_id
            alike = known[reference].group if reference in known else reference
            key = (alike, str(source.settings.get("rank")))
            found[key].setdefault(reference, source)
    for chosen in found.values():
        yield Group(method="random", suffix="", sources=tuple(chosen.values()), record=None)


def rows_of(group: Group) -> dict[Place, list[tuple[Source, SimilarityRow]]]:
    """The rows of a group by their place."""
    compared = "random" if group.method == "random" else "update"
    found: dict[Place, list[tuple[Source, SimilarityRow]]] = defaultdict(list)
    for source in group.sources:
        for row in source.rows:
            if row.compared == compared:
                found[row.block, row.part].append((source, row))
    return found


def averaged(rows: Sequence[tuple[Source, SimilarityRow]], measure: str) -> Value:
    """A measure over pairs of runs; of those that have it."""
    values = (getattr(row, measure) for _, row in rows)
    return mean_of([value for value in values if value is not None])
