"""The Pareto front: what nothing else beats at the same cost or less."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of (cost, score) pairs on the front, by rising cost.

    The lower cost and the higher score are better. A point is on the front unless another one
    costs no more and scores no less, and is better in one of the two. Equal points are on it
    together.
    """
    found: list[int] = []
    order = sorted(range(len(points)), key=lambda index: (points[index][0], -points[index][1]))
    for index in order:
        if (
            not found
            or points[index][1] > points[found[-1]][1]
            or points[index] == points[found[-1]]
        ):
            found.append(index)
    return found
