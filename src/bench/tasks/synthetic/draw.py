"""Drawing from a seeded generator, the same on every machine and in every version of Python.

All is built on `random()` alone, whose sequence Python guarantees for a seed; `choice`,
`shuffle` and `randint` may draw otherwise in another version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

Item = TypeVar("Item")


def pick(rng: Random, items: Sequence[Item]) -> Item:
    """One item."""
    return items[int(rng.random() * len(items))]


def shuffled(rng: Random, items: Iterable[Item]) -> list[Item]:
    """All items in another order."""
    return sorted(items, key=lambda _: rng.random())


def number(rng: Random, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    return pick(rng, range(low, high + 1))
