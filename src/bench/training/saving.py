"""The seam between the training loop and what keeps its state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Saving(Protocol):
    """Keeps the state of a training, nested plain data and tensors, between its steps."""

    def newest(self) -> Any | None:
        """The newest state that can be gone on from."""

    def between(self, step: int, capture: Callable[[], Any]) -> None:
        """Keep the state behind `step` where it is time; raise where the run has to stop."""


class Never:
    """Keeps nothing and never stops."""

    def newest(self) -> None:
        """Nothing."""

    def between(self, step: int, capture: Callable[[], Any]) -> None:
        """Do nothing."""


NEVER = Never()
