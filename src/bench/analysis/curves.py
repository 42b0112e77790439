"""How fast a run's training loss falls beside another's (LoRMA, section 5.1). No torch.

area       of the loss over the steps, by the trapezoidal rule, down to a loss of 0
speed-up   step at which the reference reaches its minimum, over the first step at which the
           run's loss is as low

The paper says neither. The second reading agrees with Fig. 6: 2.9 × 1460 and 1.5 × 2760 are
the same step within the rounding of 2.9 and 1.5. Losses are taken as they were recorded;
`window` n > 1 puts the mean of the last n steps in the place of each before the minimum is
looked for. Areas are always those of the recorded losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bench.analysis.rows import CurveRow


def area(losses: Sequence[float]) -> float:
    """Area under losses that are one step apart."""
    return sum((left + right) / 2 for left, right in pairwise(losses))


def smoothed(losses: Sequence[float], window: int) -> list[float]:
    """The mean of the last `window` losses at each step; of fewer at the start."""
    found = []
    for end in range(1, len(losses) + 1):
        held = losses[max(0, end - window) : end]
        found.append(sum(held) / len(held))
    return found


def first_at_most(losses: Sequence[float], level: float) -> int | None:
    """The first step, from 1, whose loss is `level` or less."""
    return next((step for step, loss in enumerate(losses, 1) if loss <= level), None)


def compare_curves(losses: Sequence[float], reference: Sequence[float], window: int) -> CurveRow:
    """Compare two runs by the loss of each step; both have two steps or more."""
    steps = min(len(losses), len(reference))
    own, other = area(losses[:steps]), area(reference[:steps])
    aim = smoothed(reference, window)
    lowest = min(aim)
    reached = first_at_most(smoothed(losses, window), lowest)
    reference_step = aim.index(lowest) + 1
    return CurveRow(
        steps=steps,
        area=own,
        reference_area=other,
        area_decrease_percent=100 * (1 - own / other),
        reference_minimum=lowest,
        reference_step=reference_step,
        reached_step=reached,
        speed_up=None if reached is None else reference_step / reached,
    )
