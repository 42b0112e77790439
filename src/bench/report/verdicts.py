"""How our numbers stand to the published ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report import stats

if TYPE_CHECKING:
    from bench.report.blocks import Block, Line
    from bench.report.published import PublishedRow
    from bench.report.spec import TableSpec


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Of one value."""

    difference: float | None
    """Ours less the published number, in the table's unit; None where one is missing."""
    text: str
    """`inside` or `outside` our 95 % interval over seeds, or why neither can be said."""


def verdict(
    spec: TableSpec, block: Block, line: Line, number: int, published: PublishedRow | None
) -> Verdict:
    """Whether the published number of a column can be the mean of runs like ours.

    `number` is that of the column.

    The test items are the same for both, so that seeds alone are counted. A printed number stands
    for all that are rounded to it.
    """
    value = line.values[number] if line.values else None
    printed = published.values.get(spec.columns[number].printed) if published else None
    if value is None or value.mean is None or printed is None:
        return Verdict(difference=None, text="")
    difference = value.mean - printed
    if reasons := [*foreign(spec, block), *(["other settings"] if line.deviations else [])]:
        return Verdict(difference=difference, text=f"not comparable: {'; '.join(reasons)}")
    if value.std is None:
        return Verdict(difference=difference, text="a single seed")
    low, high = stats.mean_interval(value.mean, value.std, value.n)
    rounding = 0.5 * 10 ** -spec.columns[number].digits
    inside = low - rounding <= printed <= high + rounding
    return Verdict(difference=difference, text="inside" if inside else "outside")


def foreign(spec: TableSpec, block: Block) -> list[str]:
    """Why a block is not in the paper's setting, one reason each."""
    setting, reasons = block.setting, []
    if setting.model != spec.model.name:
        reasons.append(f"another model ({block.model_title}, not {spec.model.title})")
    if setting.preset != "paper":
        reasons.append(f"the {setting.preset} preset, not the paper's hyper-parameters")
    if not setting.real:
        reasons.append("synthetic data")
    if setting.partial:
        reasons.append("only part of the rows")
    return reasons
