"""Compare resolved settings: what tells runs apart, and where they leave the paper's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from bench.report.runs import Run

NEUTRAL = ("seed", "paths", "logging", "threads", "precision")
"""Inputs that need no label: the seed is listed with the records, `precision` says again
what `train.precision` says, and the others cannot change a result."""
RANKED = ("method.rank", "method.alpha")
"""The rank, and alpha, which papers scale with it."""
UNSET = "unset"


def text(value: object) -> str:
    """Write a setting as on the command line; a long hash by its first 8 digits."""
    if isinstance(value, str):
        return value[:8] if re.fullmatch(r"[0-9a-f]{16,}", value) else value
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def labels(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    """Say what tells each of `runs`, one of each group, from the others: `key=value` texts.

    The keys are the settings, the hashes of data and weights and the versions of the
    components that went into the identity; the group's hash follows where they are equal.
    """
    keys = differing(runs)
    found = [tuple(f"{key}={value_of(run, key)}" for key in keys) for run in runs]
    if len(set(found)) == len(runs):
        return found
    return [(*label, f"group={run.group[:8]}") for label, run in zip(found, runs, strict=True)]


def by_size(label: tuple[str, ...]) -> list[tuple[str, bool, float, str]]:
    """A key that sorts labels: settings by name, numbers by size, anything else by its text."""
    keys = []
    for part in label:
        name, _, value = part.partition("=")
        try:
            keys.append((name, False, float(value), value))
        except ValueError:
            keys.append((name, True, 0.0, value))
    return keys


def value_of(run: Run, key: str) -> str:
    """What a run has at a dotted key of the inputs.

    An option that was added later is left out of the identity while it has its default, so that
    older runs keep their names; the configuration holds it.
    """
    if key in run.inputs:
        return text(run.inputs[key])
    for name in (key, option_of(key)):
        if name in run.settings:
            return text(run.settings[name])
    return UNSET


def option_of(key: str) -> str:
    """The configuration's name of an input: an update's options stand directly below `method`."""
    return re.sub(r"^method\.\w+\.", "method.", key)


def beside(run: Run, left_out: Container[str]) -> Iterator[tuple[str, str]]:
    """Inputs with their values, but for some settings and for what cannot change a result."""
    for key in sorted(run.inputs):
        if not is_neutral(key) and key not in left_out and option_of(key) not in left_out:
            yield key, value_of(run, key)


def is_neutral(key: str) -> bool:
    """Whether an input needs no label."""
    return key.partition(".")[0] in NEUTRAL


def differing(runs: Sequence[Run]) -> list[str]:
    """Dotted keys of inputs whose values are not the same for all, in order."""
    return [
        key
        for key in sorted({key for run in runs for key in run.inputs})
        if not is_neutral(key) and len({value_of(run, key) for run in runs}) > 1
    ]


def deviations(settings: Mapping[str, Any], stated: Mapping[str, Any]) -> tuple[str, ...]:
    """List where `settings` has a key that the paper states, with another value."""
    return tuple(
        f"{key}={text(settings[key])} (paper: {text(value)})"
        for key, value in stated.items()
        if key in settings and settings[key] != value
    )
