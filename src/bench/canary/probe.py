"""What a probe is: one small computation that shows what a component computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.errors import BenchError

Quantity = float | str | list[float]
Reading = dict[str, Quantity]
"""Quantities by name: numbers, lists of numbers, and texts or digests, which agree exactly."""

Inputs = dict[str, Any]
"""Plain data that a probe works on."""


class UnprobedError(BenchError):
    """A probe needs what this machine has not; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A computation whose numbers are stored."""

    name: str
    components: tuple[str, ...]
    """What it shows, by the names that a run's identity uses; any of them may have changed."""
    rests_on: tuple[str, ...] = ()
    """Components with probes of their own, whose change would change this one too."""
    inputs: Callable[[], Inputs]
    """What to work on. It is stored with the numbers, so that neither a new default in conf/
    nor other synthetic rows change what is compared."""
    read: Callable[[Inputs], Reading]

    @property
    def uses(self) -> tuple[str, ...]:
        """Every component that its numbers depend on."""
        return (*self.rests_on, *self.components)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is stored of a probe."""

    inputs: Inputs
    versions: Mapping[str, int]
    """Versions of the components that it used when the numbers were made."""
    reading: Reading
