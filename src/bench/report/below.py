"""What stands below a table: small tables that sum a block up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report import across, reached, tuned

if TYPE_CHECKING:
    from bench.report.blocks import Block
    from bench.report.spec import TableSpec


@dataclass(frozen=True, kw_only=True)
class Extra:
    """One small table, in plain text."""

    title: str
    remark: str
    """What its numbers are."""
    titles: list[str]
    rows: list[list[str]]
    """Labels first, then numbers."""


def below(spec: TableSpec, block: Block) -> Iterator[Extra]:
    """What sums a block up, where there is enough in it."""
    if found := across.across(spec, block):
        yield Extra(
            title="Over tasks",
            remark=across.remark(found),
            titles=across.titles(found),
            rows=across.rows(found),
        )
    if spec.plot and spec.plot.over == "steps" and (courses := reached.rows(spec, block)):
        yield Extra(
            title="Reaching LoRA's lowest loss",
            remark=reached.REMARK,
            titles=reached.TITLES,
            rows=courses,
        )
    if spec.tuning and (methods := tuned.tuned(spec, block)):
        yield Extra(
            title="Tuned, and as the papers have it",
            remark=tuned.remark(spec, spec.tuning, methods),
            titles=tuned.titles(spec, spec.tuning),
            rows=tuned.rows(spec, spec.tuning, methods),
        )
