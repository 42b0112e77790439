"""Errors that a person caused or can mend: one clear line, never a traceback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from bench.printable import bounded, one_line, short
from bench.store.redact import redact


class BenchError(Exception):
    """Base of all errors whose message alone tells what to do."""

    def __str__(self) -> str:
        """The message in one line, without secrets and signs that a terminal would act on."""
        return bounded(one_line(redact(super().__str__())))


class ConfigError(BenchError):
    """A setting is unknown, of the wrong type or out of range."""


class DataError(BenchError):
    """Data is missing, damaged or lacks a column."""


class ModelError(BenchError):
    """A model cannot be loaded or has no such part."""


class MetricError(BenchError):
    """A metric cannot be computed on this machine or on this input."""


class StoreError(BenchError):
    """Results cannot be written or read."""


class DivergedError(BenchError):
    """Training produced a loss that is not a finite number, or one far above its first ones."""

    def __init__(
        self, message: str, *, step: int | None = None, last_good: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.step = step
        self.last_good = dict(last_good or {})
        """step, lr and loss of the step before, and the last validation pass."""


class StoppedError(BenchError):
    """The run was asked to stop after a stage, and did."""


class NotReadyError(BenchError):
    """What a run is to begin with is not there yet."""


class TimeLimitError(BenchError):
    """The run was given a time, which is over."""


class ClaimedError(BenchError):
    """Another living process works on the run."""


class ClaimLostError(BenchError):
    """Another process took the run over, because this one gave no sign of life for long."""


class HangError(BenchError):
    """The run said nothing for longer than `hang_minutes`."""


class NotMergeableError(BenchError):
    """No plain weight reproduces the update; the message says why."""


class NotLowRankError(BenchError):
    """No two thin matrices reproduce the update; the message says why."""


def unknown(key: str, value: object, kind: str, allowed: Iterable[str]) -> ConfigError:
    """Say that `key=value` names nothing, with the nearest valid name and all of them."""
    names = sorted(allowed)
    near = get_close_matches(short(value), names, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return ConfigError(f"{key}={short(value)}: no such {kind}; {hint}allowed: {', '.join(names)}")


def unknown_key(key: str, allowed: Iterable[str]) -> ConfigError:
    """Say that the dotted `key` does not exist, with the nearest key beside it."""
    section, _, name = key.rpartition(".")
    names = sorted(allowed)
    near = get_close_matches(name, names, n=1)
    prefix = f"{section}." if section else ""
    hint = f"did you mean {prefix}{near[0]}? " if near else ""
    listed = f"{hint}allowed: {', '.join(names)}" if names else "remove it"
    return ConfigError(f"{short(key)}: no such key; {listed}")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a GPU, torch on a CPU, or Python had no memory left."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
