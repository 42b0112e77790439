"""Which runs a row shows, where some were made with other settings than the table's.

A sweep over ranks leaves runs of LoRA that are no LoRA of a table that states rank 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.settings import deviations, is_neutral, option_of, value_of

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from bench.report.runs import Run
    from bench.report.spec import RowSpec, TableSpec


def nearest(
    spec: TableSpec, row: RowSpec, groups: Sequence[list[Run]], block: Sequence[Run]
) -> list[list[Run]]:
    """Of a row's groups of one task those that leave the stated settings in the fewest keys.

    A group are runs that differ in nothing but the seed.
    Of several of these, those whose other settings fill the most rows of the method in the block,
    so that rows over ranks or learning rates differ in nothing else. All that are left are shown.
    """
    stated = {**spec.setting, **row.setting}
    left = [len(deviations(group[0].settings, stated)) for group in groups]
    near = [group for group, n in zip(groups, left, strict=True) if n == min(left)]
    if len(near) < 2:
        return near
    filled = _filled(spec, row.method, near, block)
    return [group for group, n in zip(near, filled, strict=True) if n == max(filled)]


def _filled(
    spec: TableSpec, method: str, groups: Sequence[list[Run]], block: Sequence[Run]
) -> list[int]:
    """How many rows of the method have runs with the settings of each group, but for the rows'."""
    rows = [row for row in spec.rows if row.method == method]
    own = {key for row in rows for key in row.where}
    task = groups[0][0].task
    runs = [run for run in block if run.task == task and run.method == method]
    held = [{_settings(run, own) for run in runs if spec.holds(run, row)} for row in rows]
    return [sum(_settings(group[0], own) in one for one in held) for group in groups]


def _settings(run: Run, left_out: Set[str]) -> tuple[tuple[str, str], ...]:
    """All that went into a run but for some settings and the seed."""
    return tuple(
        (key, value_of(run, key))
        for key in sorted(run.inputs)
        if not is_neutral(key) and not {key, option_of(key)} & left_out
    )
