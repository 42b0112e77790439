"""The training loss as a record keeps it: short, whatever the number of steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

STRETCHES = 100
"""At most, of the steps."""
DIGITS = 6
"""Significant digits of a mean loss."""


def curve_of(losses: Sequence[float]) -> dict[str, Any]:
    """Number of steps, area under the loss by the trapezoidal rule, and means over stretches.

    `losses` are those of each step, one apart. The stretches are equal to a step; empty without
    any step.
    """
    if not losses:
        return {}
    stretches = np.array_split(np.asarray(losses, dtype=np.float64), min(STRETCHES, len(losses)))
    return {
        "steps": len(losses),
        "area": float(np.trapezoid(losses)),
        "loss": " ".join(f"{stretch.mean():.{DIGITS}g}" for stretch in stretches),
    }
