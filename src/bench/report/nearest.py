"""Which runs a row shows, where some were made with other settings than the table's.

A sweep over ranks leaves runs of LoRA that are no LoRA of a table that states rank 4.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from bench.report.settings import beside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from bench.report.runs import Run
    from bench.report.spec import RowSpec, TableSpec


OTHERS = ("data.", "model.", "versions.")
"""Inputs that are no settings: runs of older components are never hidden by their number."""


def nearest(
    spec: TableSpec, row: RowSpec, groups: Sequence[list[Run]], block: Sequence[Run]
) -> list[list[Run]]:
    """Of a row's groups of one task those that are nearest to the stated settings.

    A group are runs that differ in nothing but the seed. The nearest leave the stated settings in
    the fewest keys; of these, those with the nearest numbers; of these, those whose other settings
    fill the most rows of the method in the block, so that rows over ranks or learning rates differ
    in nothing else. Groups that are as near are all kept.
    """
    stated = spec.stated(groups[0][0].task, row)
    away = [_distance(group[0].settings, stated) for group in groups]
    near = [group for group, n in zip(groups, away, strict=True) if n == min(away)]
    if len(near) < 2:
        return near
    filled = _filled(spec, row.method, near, block)
    return [group for group, n in zip(near, filled, strict=True) if n == max(filled)]


def _distance(settings: Mapping[str, Any], stated: Mapping[str, Any]) -> tuple[int, float]:
    """How many settings are not as stated, and how far the numbers among them are, as ratios."""
    others = [(settings[k], v) for k, v in stated.items() if k in settings and settings[k] != v]
    ratios = [a / b for a, b in others if _is_size(a) and _is_size(b)]
    return len(others), sum(abs(math.log(ratio)) for ratio in ratios)


def _is_size(value: object) -> bool:
    return isinstance(value, int | float) and value > 0


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
    """The settings that went into a run, but for some and the seed."""
    return tuple(one for one in beside(run, left_out) if not one[0].startswith(OTHERS))
