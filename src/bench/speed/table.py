"""A measurement as rows of text, for the screen and for the report. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.speed.results import CellSpeed, Memory, MethodSpeed, Speed, WaySpeed
from bench.speed.settings import OURS, WAYS, WayName

TITLES: dict[WayName, str] = {
    "eager": "eager",
    "graph": "graph",
    "compiled": "graph, compiled",
    "peft": "HF PEFT",
    "dense": "plain equations",
}
MIB, TERA = 1 << 20, 1e12
NONE = "–"
NAMED = 8
"""Methods that are named one by one."""


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


def notes(speed: Speed) -> list[str]:
    """What was measured, and what could not be, one sentence each."""
    settings = speed.settings
    rows = "random tokens" if speed.drawn else f"{settings.get('data')} {settings.get('task')} rows"
    steps = settings.get("rounds", 0) * settings.get("batches", 0)
    drawn = " (random weights)" if speed.drawn else ""
    dropout = "dropout as in the model" if settings.get("dropout") == "model" else "no dropout"
    peak = f"{speed.peak.flops / TERA:.3g} Tflop/s ({speed.peak.source})"
    told = [
        f"{speed.title}{drawn}, {speed.values:,} values, on {speed.device}",
        f"{speed.precision}, batches of {speed.batch_size} {rows}, {dropout}",
        f"medians over {settings.get('rounds')} passes in turn, {steps} steps each way",
        f"MFU: 4 operations for {speed.multiplied:,} values and each real token, of {peak}",
        "tokens/s, MFU and memory: of our fastest way",
        "largest difference: of the losses of any way from those of eager steps, relatively",
    ]
    told += [
        f"packed: {one.packed.runs} runs of {one.method} train together as "
        f"{TITLES[one.packed.way]} steps of {one.packed.step_ms:.1f} ms{_in_all(one.packed.memory)}"
        for one in speed.methods
        if one.packed and one.packed.way and one.packed.step_ms
    ]
    told += [_whole(one.method, one.cell) for one in speed.methods if one.cell]
    told += _profiles(speed)
    if speed.decoding is not None:
        held = speed.decoding
        same = "" if speed.drawn else f"; {held.same:.0%} of the texts are the same"
        told.append(
            f"decoding {held.inputs} inputs with {held.settings.get('beams')} beams, "
            f"{held.how.get('step')}: {held.ours:.3f} s an input, {held.plain:.3f} s by "
            f"transformers alone{same}"
        )
    return [*told, *_reasons(speed)]


def _whole(method: str, held: CellSpeed) -> str:
    """How long a whole cell took."""
    if held.train_seconds is None or held.decode_seconds is None:
        return f"a whole cell of {method}: {held.reason}"
    train = held.stepping.get("train", {})
    way: WayName = train.get("step", "eager")
    way = "compiled" if train.get("compiled") else way
    return (
        f"a whole cell of {method}, {TITLES[way]}: {held.steps:,} steps on {held.rows:,} rows and "
        f"{held.validated:,} validation rows in {held.train_seconds:,.1f} s, {held.inputs:,} "
        f"inputs decoded in {held.decode_seconds:,.1f} s{_in_all(held.memory)}; not scored"
    )


def _profiles(speed: Speed) -> list[str]:
    """What the GPU does in a step of each method's fastest way, where that was looked at."""
    told = []
    for one in speed.methods:
        way = fastest(one)
        if way is None or way.kernels is None:
            continue
        held = way.kernels
        longest = sorted(held.parts.items(), key=lambda part: -part[1])
        parts = ", ".join(f"{kind} {ms:.1f}" for kind, ms in longest)
        told.append(
            f"{one.method}, {TITLES[way.way]}: {held.count:,.0f} kernels a step, which keep the "
            f"GPU busy for {held.busy_ms:.1f} of {way.step_ms:.1f} ms ({parts})"
        )
    return told


def _in_all(memory: Memory | None) -> str:
    """Memory of runs together, where the device tells."""
    return "" if memory is None else f", in {memory.allocated_peak / MIB:,.0f} MiB"


def _reasons(speed: Speed) -> list[str]:
    """Why methods and ways are missing, each reason once."""
    found: dict[str, list[str]] = {}
    for one in speed.methods:
        if one.refused is not None:
            found.setdefault(one.refused, []).append(one.method)
        for way in one.ways:
            if way.reason is not None:
                found.setdefault(f"{TITLES[way.way]}: {way.reason}", []).append(one.method)
        if one.packed is not None and one.packed.reason is not None:
            found.setdefault(f"packed: {one.packed.reason}", []).append(one.method)
    return [f"{reason} ({_named(names, speed)})" for reason, names in found.items()]


def _named(names: Sequence[str], speed: Speed) -> str:
    """Names of methods, or how many they are."""
    if len(names) == len(speed.methods) > 1:
        return "all methods"
    return ", ".join(names) if len(names) <= NAMED else f"{len(names)} methods"
