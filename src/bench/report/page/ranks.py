"""Series of groups that differ in nothing but the rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.settings import RANKED, beside
from bench.store.record import is_number

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from bench.report.page.groups import Group

RANK = "method.rank"


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
            others = tuple(beside(group.first, RANKED))
            held.setdefault((group.method, others), []).append((rank, index))
    return [
        [index for _, index in sorted(own)]
        for own in held.values()
        if len({rank for rank, _ in own}) > 1
    ]
