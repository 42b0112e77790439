"""When a training counts as diverged."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from bench.errors import DivergedError

WINDOW = 20
"""Steps at the start and at the end whose losses are compared."""
FACTOR = 10.0
"""How far the newest losses may rise above the first ones, or above 1 where those are lower."""

ADVICE = "lower method.optimizer.lr or set train.clip_norm=1.0"


def check_loss(
    trace: Sequence[dict[str, float]], index: int, history: Sequence[dict[str, Any]]
) -> None:
    """Raise a DivergedError where the loss at `index` is no number, or where losses exploded.

    Exploded: the median of the newest losses is far above that of the first. A model begins
    about as bad as a uniform guess, so that no training that still learns comes near.
    """
    newest = trace[index]
    step, loss, lr = int(newest["step"]), newest["loss"], newest["lr"]
    good = trace[index - 1] if index else None
    last_good = {"train": good, "validation": history[-1] if history else None}
    if not math.isfinite(loss):
        before = good["loss"] if good else "none"
        raise DivergedError(
            f"the loss is {loss} at step {step} (learning rate {lr:.3g}, loss of the step "
            f"before: {before}); {ADVICE}",
            step=step,
            last_good=last_good,
        )
    if index + 1 < 2 * WINDOW:
        return
    first = statistics.median(entry["loss"] for entry in trace[:WINDOW])
    last = statistics.median(entry["loss"] for entry in trace[index + 1 - WINDOW : index + 1])
    if last > FACTOR * max(first, 1.0):
        raise DivergedError(
            f"the loss exploded: {last:.4g} over the {WINDOW} steps up to step {step}, {first:.4g} "
            f"over the first ones (learning rate {lr:.3g}); {ADVICE}",
            step=step,
            last_good=last_good,
        )
