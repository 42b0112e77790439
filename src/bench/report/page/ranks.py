"""Series of groups that differ in nothing but the rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.settings import NEUTRAL
from bench.store.record import is_number

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from bench.report.page.groups import Group

RANK = "method.rank"
FREE = ("rank", "alpha", *NEUTRAL)
"""Last words of settings, or sections, that may differ in a series: papers scale alpha with the
rank."""


def rank_of(group: Group) -> float | None:
    """The rank of a group's runs, where their method has one."""
    found = group.first.settings.get(RANK)
    return float(found) if is_number(found) and found > 0 else None


def series(groups: Sequence[Group]) -> list[list[int]]:
    """Indices of groups of each series with two ranks or more, by rank."""
    held: dict[Hashable, list[tuple[float, int]]] = {}
    for index, group in enumerate(groups):
        rank = rank_of(group)
        if rank is not None and group.counted:
            held.setdefault((group.method, _others(group)), []).append((rank, index))
    return [
        [index for _, index in sorted(own)]
        for own in held.values()
        if len({rank for rank, _ in own}) > 1
    ]


def _others(group: Group) -> Hashable:
    """Everything that can change a result but the rank and the seed."""
    return tuple(
        (key, repr(value))
        for key, value in sorted(group.first.inputs.items())
        if key.rpartition(".")[2] not in FREE and key.partition(".")[0] not in FREE
    )
