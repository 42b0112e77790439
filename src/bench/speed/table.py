"""A measurement as rows of text, for the screen and for the report. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.speed.results import MethodSpeed, Speed, WaySpeed
from bench.speed.settings import OURS, WAYS, WayName

TITLES: dict[WayName, str] = {
    "eager": "eager",
    "graph": "graph",
    "compiled": "graph, compiled",
    "peft": "HF PEFT",
    "dense": "plain equations",
}
MIB = 1 << 20
NONE = "–"


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Headings, and one row a method."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def grid(speed: Speed) -> Grid:
    """Milliseconds a step in every way that occurs, and what our fastest way comes to."""
    shown = [way for way in WAYS if any(timed(one, way) for one in speed.methods)]
    heads = (
        "method",
        "trained",
        *(f"{TITLES[way]}, ms" for way in shown),
        *(f"{runs} packed, ms a run" for runs in _packed(speed)),
        "tokens/s",
        "MFU",
        *([] if not has_memory(speed) else ["memory, MiB"]),
        *(["largest difference"] if any(one.agreement for one in all_ways(speed)) else []),
    )
    rows = tuple(_row(speed, one, shown) for one in speed.methods if one.refused is None)
    return Grid(heads=heads, rows=rows)


def _row(speed: Speed, one: MethodSpeed, shown: Sequence[WayName]) -> tuple[str, ...]:
    best = fastest(one)
    cells = [one.method, f"{one.trained:,}"]
    for way in shown:
        found = timed(one, way)
        cells.append(f"{found.step_ms:.1f}" if found and found.step_ms else NONE)
    for _ in _packed(speed):
        part = one.packed.run_ms if one.packed else None
        cells.append(f"{part:.1f}" if part else NONE)
    cells += [
        f"{best.tokens_per_second:,.0f}" if best and best.tokens_per_second else NONE,
        f"{best.utilisation:.1%}" if best and best.utilisation else NONE,
    ]
    if has_memory(speed):
        held = best.memory if best else None
        cells.append(f"{held.allocated_peak / MIB:,.0f}" if held else NONE)
    if any(way.agreement for way in all_ways(speed)):
        cells.append(_largest(one))
    return tuple(cells)


def _packed(speed: Speed) -> list[int]:
    """How many runs were measured together, where any were."""
    return sorted({one.packed.runs for one in speed.methods if one.packed and one.packed.step_ms})


def _largest(one: MethodSpeed) -> str:
    """The largest relative difference of any way of a method from eager steps."""
    found = [way.agreement for way in one.ways if way.agreement]
    if not found:
        return NONE
    values = [held.largest for held in found]
    text = "not finite" if None in values else f"{max(v for v in values if v is not None):.0e}"
    return text if all(held.holds for held in found) else f"{text} (!)"


def timed(one: MethodSpeed, way: WayName) -> WaySpeed | None:
    """A way of a method, where it was measured."""
    return next((held for held in one.ways if held.way == way and held.step_ms), None)


def fastest(one: MethodSpeed) -> WaySpeed | None:
    """The fastest of our own ways."""
    found = [held for way in OURS if (held := timed(one, way))]
    return min(found, key=lambda held: held.step_ms or 0.0, default=None)


def all_ways(speed: Speed) -> list[WaySpeed]:
    """Every way of every method."""
    return [way for one in speed.methods for way in one.ways]


def has_memory(speed: Speed) -> bool:
    """Whether the device told how much memory was taken."""
    return any(way.memory for way in all_ways(speed))


def profile(speed: Speed) -> Grid | None:
    """What a GPU does in a step of each method's fastest way; None where that was not looked at.

    Milliseconds by kind of kernel, and those between kernels, in which it has nothing to do.
    """
    found = [
        (one.method, way, way.kernels)
        for one in speed.methods
        if (way := fastest(one)) and way.kernels
    ]
    if not found:
        return None
    totals: Counter[str] = Counter()
    for _, _, held in found:
        totals.update(held.parts)
    kinds = [kind for kind, _ in totals.most_common()]
    rows = []
    for method, way, held in found:
        step = way.step_ms or 0.0
        times = [*(held.parts.get(kind, 0.0) for kind in kinds), step - held.busy_ms, step]
        told = (f"{time:.1f}" for time in times)
        rows.append((method, TITLES[way.way], f"{held.count:,.0f}", *told))
    measured = (f"{kind}, ms" for kind in (*kinds, "between", "step"))
    return Grid(heads=("method", "way", "kernels", *measured), rows=tuple(rows))
