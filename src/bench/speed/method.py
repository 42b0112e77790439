"""One method, measured in all of its ways in turn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from bench.errors import is_out_of_memory
from bench.speed.base import multiplied
from bench.speed.formulas import differences, step_ms, tokens_per_second, utilisation
from bench.speed.kernels import profiled
from bench.speed.packed import PackedRunner, packed_runner
from bench.speed.results import Agreement, MethodSpeed, PackedSpeed, Peak, WaySpeed
from bench.speed.runner import Runner, finite
from bench.speed.settings import OURS, WAYS, Settings, WayName
from bench.speed.ways import NoWayError, Start

AnyRunner = TypeVar("AnyRunner", Runner, PackedRunner)

TOLERANCES = {"fp32": 1e-3, "tf32": 1e-2, "bf16": 5e-2}
"""Largest relative difference of two losses that are the same but for rounding, which every step
of a training carries further."""


def measured(start: Start, settings: Settings, peak: Peak, precision: str) -> MethodSpeed:
    """Time, memory and losses of a method's steps in every way that is asked for."""
    name = start.attached.method.name
    trained = start.attached.counts()["trained"]
    runners: list[Runner] = []
    found: dict[WayName, WaySpeed] = {}
    for way in WAYS:
        if settings.wants(way, name):
            made = warmed_up(partial(start.runner, way), settings.warmup)
            if isinstance(made, str):
                found[way] = WaySpeed(way=way, reason=made)
            else:
                runners.append(made)
    together = warmed_up_together(start, settings)
    measuring: list[Runner | PackedRunner] = [*runners]
    measuring += [together] if isinstance(together, PackedRunner) else []
    for _ in range(settings.rounds):
        for one in measuring:
            one.measure()
    tokens = sum(batch.tokens for batch in start.batches)
    values = multiplied(start.base.of(start.attached.method).model)
    eager = next((one.losses for one in runners if one.way == "eager"), None)
    for runner in runners:
        rate = tokens_per_second(tokens, runner.seconds)
        found[runner.way] = WaySpeed(
            way=runner.way,
            step_ms=step_ms(len(start.batches), runner.seconds),
            tokens_per_second=rate,
            utilisation=utilisation(values, rate, peak.flops),
            memory=runner.memory,
            seconds=tuple(runner.seconds),
            losses=finite(runner.losses),
            agreement=agreement(runner, eager, precision) if settings.dropout == "off" else None,
        )
    if settings.profile:
        for runner in (one for one in runners if one.way in OURS):
            found[runner.way] = replace(found[runner.way], kernels=profiled(runner))
    return MethodSpeed(
        method=name,
        trained=trained,
        refused=None,
        tokens=tokens,
        ways=tuple(found[way] for way in WAYS if way in found),
        packed=packed_speed(together, settings),
    )


def warmed_up(make: Callable[[], AnyRunner], passes: int) -> AnyRunner | str:
    """What takes the steps, its kernels chosen and graphs captured; or why nothing does."""
    try:
        runner = make()
        runner.warm_up(passes)
    except NoWayError as error:
        return str(error)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return "out of memory"
    return runner if runner.reason is None else runner.reason


def warmed_up_together(start: Start, settings: Settings) -> PackedRunner | str | None:
    """What takes the steps of many runs; nothing where that is not asked for."""
    if not settings.wants("packed", start.attached.method.name):
        return None
    return warmed_up(
        partial(packed_runner, start, settings.runs, settings.batches), settings.warmup
    )


def packed_speed(found: PackedRunner | str | None, settings: Settings) -> PackedSpeed | None:
    """Time and memory of joint steps."""
    if not isinstance(found, PackedRunner):
        return None if found is None else PackedSpeed(runs=settings.runs, reason=found)
    return PackedSpeed(
        runs=settings.runs,
        way=found.way,
        step_ms=step_ms(settings.batches, found.seconds),
        memory=found.memory,
        seconds=tuple(found.seconds),
    )


def agreement(runner: Runner, eager: list[float] | None, precision: str) -> Agreement | None:
    """How far a way's losses are from the eager ones; nothing for those themselves.

    HF PEFT prunes at another point of the step, so with plugins only the start is compared.
    """
    if eager is None or runner.way == "eager":
        return None
    steps = 1 if runner.way == "peft" and runner.attached.method.plugins else len(eager)
    apart = differences(runner.losses[:steps], eager[:steps])
    tolerance = TOLERANCES[precision]
    return Agreement(
        first=told(apart[0]),
        largest=told(max(apart)),
        steps=steps,
        tolerance=tolerance,
        holds=max(apart) <= tolerance,
    )


def told(difference: float) -> float | None:
    """A difference as JSON has it."""
    return difference if math.isfinite(difference) else None
