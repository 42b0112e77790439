"""A stand-in for CUDA graphs: recorded work is carried out anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Repeating:
    """Records as a GPU's recorder does; replaying launches the work again."""

    def __init__(self) -> None:
        self.recorded = 0

    def warm_up(self, work: Callable[[], Found]) -> Found:
        """Once is enough without a GPU."""
        return work()

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """The work itself."""
        self.recorded += 1
        return work
