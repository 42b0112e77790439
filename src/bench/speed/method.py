"""One method, measured in all of its ways in turn."""

from __future__ import annotations

import math

import torch

from bench.errors import is_out_of_memory
from bench.speed.base import multiplied
from bench.speed.formulas import differences, step_ms, tokens_per_second, utilisation
from bench.speed.results import Agreement, MethodSpeed, Peak, WaySpeed
from bench.speed.runner import Runner, finite
from bench.speed.settings import WAYS, Settings, WayName
from bench.speed.ways import NoWayError, Start

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
            made = warmed_up(start, way, settings)
            if isinstance(made, Runner):
                runners.append(made)
            else:
                found[way] = made
    for _ in range(settings.rounds):
        for runner in runners:
            runner.measure()
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
    return MethodSpeed(
        method=name,
        trained=trained,
        refused=None,
        tokens=tokens,
        ways=tuple(found[way] for way in WAYS if way in found),
    )


def warmed_up(start: Start, way: WayName, settings: Settings) -> Runner | WaySpeed:
    """What takes the steps, its kernels chosen and graphs captured; or why nothing does."""
    try:
        runner = start.runner(way)
        runner.warm_up(settings.warmup)
    except NoWayError as error:
        return WaySpeed(way=way, reason=str(error))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return WaySpeed(way=way, reason="out of memory")
    if runner.reason is not None:
        return WaySpeed(way=way, reason=runner.reason)
    return runner


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


def release() -> None:
    """Give the memory of a method's models back."""
    import gc

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
