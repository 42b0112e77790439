"""How long cells will take, and how much memory, judged by records of their kind. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.store.record import Record, peak_of, sharing_of

GIB = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Of one cell."""

    seconds: float
    peak: int
    """Bytes, of the GPU where one was used."""
    shared: bool = False
    """Whether all that it is judged by shared its GPU with other runs."""


def estimate(like: Sequence[Record]) -> Estimate | None:
    """The median time and the largest peak of finished records of its kind; None without any.

    Times are of those that had their GPU to themselves, where there are such.
    """
    finished = [record for record in like if record.status == "finished"]
    timed = [
        (total, sharing_of(record.provenance) > 0)
        for record in finished
        if (total := record.time.get("total"))
    ]
    if not timed:
        return None
    shared = all(sharing for _, sharing in timed)
    seconds = [total for total, sharing in timed if sharing == shared]
    peaks = [peak for record in finished if (peak := peak_of(record.memory))]
    return Estimate(seconds=statistics.median(seconds), peak=max(peaks, default=0), shared=shared)


def in_words(found: Iterable[Estimate | None]) -> str:
    """What cells come to, one after the other."""
    estimates = list(found)
    known = [one for one in estimates if one is not None]
    if not known:
        return "without a finished record of their kind to judge time and memory by"
    total, peak = sum(one.seconds for one in known), max(one.peak for one in known)
    without = len(estimates) - len(known)
    rest = f"; {without} without a finished record of their kind" if without else ""
    if shared := sum(one.shared for one in known):
        rest += f"; {shared} judged by runs that shared a GPU and took longer for it"
    return f"about {duration(total)} one after the other, {peak / GIB:.1f} GiB at most{rest}"


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
