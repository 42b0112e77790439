"""What a GPU does in a training step: how many kernels, and how long they keep it busy.

The time of a step that is not busy goes by between kernels: small ones are bound by their number.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bench.speed.results import Kernels

if TYPE_CHECKING:
    from bench.speed.runner import Runner

KINDS = {
    "attention": r"flash|fmha|attention",
    "products": r"nvjet|gemm|gemv|cutlass|splitk",
    "fused": r"^triton",
    "copies": r"^mem(cpy|set)",
}
"""Kernels by a pattern of their names, the first that fits; all others are `others`: sums and
element-wise work that torch has kernels for."""
OTHERS = "others"

Event = tuple[str, int, float]
"""Name of a kernel, how often it ran, and its microseconds in all."""


def kind_of(name: str) -> str:
    """The kind of a kernel."""
    fits = (kind for kind, pattern in KINDS.items() if re.search(pattern, name, re.IGNORECASE))
    return next(fits, OTHERS)


def kernels_of(events: Iterable[Event], steps: int) -> Kernels | None:
    """The kernels of `steps` steps as those of one; None where there were none."""
    count, parts = 0, defaultdict[str, float](float)
    for name, times, microseconds in events:
        count += times
        parts[kind_of(name)] += microseconds / 1e3 / steps
    if not count:
        return None
    return Kernels(count=count / steps, busy_ms=sum(parts.values()), parts=dict(parts))


def profiled(runner: Runner) -> Kernels | None:
    """One more pass under torch's profiler; None where there is no GPU."""
    if runner.gauge.device.type != "cuda":
        return None
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as found:
        runner.measure()
    averages = found.key_averages()
    events = [(one.key, one.count, one.self_device_time_total) for one in averages]
    return kernels_of((event for event in events if event[2] > 0), len(runner.batches))
