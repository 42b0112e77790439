"""What scoring returns: numbers, and why a number is absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Scores:
    """Values by metric name, as the official programs print them."""

    values: Mapping[str, float | None]
    """None where the metric cannot be computed on this machine or on this input."""
    unavailable: Mapping[str, str] = field(default_factory=dict)
    """The reason for each None."""
