"""What was measured, and what could not be, in sentences. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from bench.speed.results import CellSpeed, Memory, Speed
from bench.speed.settings import WayName
from bench.speed.table import MIB, TITLES

TERA = 1e12
NAMED = 8
"""Methods that are named one by one."""


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
