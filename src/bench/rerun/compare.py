"""What of two records of one cell is the same, and by how much the rest differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.store.files import sha256_file
from bench.store.folder import RunFolder
from bench.store.record import Record


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was compared."""

    name: str
    then: str
    now: str
    differs: str | None
    """By how much; None where it is the same."""


@dataclass(frozen=True)
class Side:
    """A record, and the folder of its run, which may be gone: records travel, folders stay."""

    record: Record
    folder: RunFolder

    def hash(self, name: str) -> str:
        """Hash of an artifact, or `none`."""
        noted = self.record.artifacts.get(name)
        return "none" if noted is None else str(noted["sha256"])

    def has(self, name: str) -> bool:
        """Whether the file that the record tells of is in the folder."""
        noted = self.record.artifacts.get(name)
        path = self.folder.path / str((noted or {}).get("path")).rpartition("/")[2]
        return noted is not None and path.is_file() and sha256_file(path) == noted["sha256"]


def compare(then: Side, now: Side) -> list[Finding]:
    """Everything that the same cell makes the same, to the digit."""
    return [
        *compare_metrics(then.record, now.record),
        compare_validation(then.record, now.record),
        compare_losses(then, now),
        compare_adapter(then, now),
        compare_predictions(then, now),
    ]


def compare_metrics(then: Record, now: Record) -> list[Finding]:
    """Every metric, to the digit."""
    names = [*then.metrics, *(name for name in now.metrics if name not in then.metrics)]
    return [
        Finding(
            name=name,
            then=_shown(then.metrics.get(name)),
            now=_shown(now.metrics.get(name)),
            differs=_apart(name, then, now),
        )
        for name in names
    ]


def _shown(value: float | None) -> str:
    """All digits of a number."""
    return "null" if value is None else repr(value)


def _apart(name: str, then: Record, now: Record) -> str | None:
    """By how much a metric differs."""
    one, other = then.metrics.get(name), now.metrics.get(name)
    if one == other:
        return None
    if one is None or other is None:
        return now.unavailable.get(name) or then.unavailable.get(name) or "only one has it"
    return f"{other - one:+.3g}"


def largest(then: Record, now: Record) -> tuple[str, float] | None:
    """The metric that differs most, and by how much; None where all are the same."""
    apart = {
        name: abs(other - one)
        for name, one in then.metrics.items()
        if one is not None and (other := now.metrics.get(name)) is not None and other != one
    }
    return max(apart.items(), key=lambda item: item[1]) if apart else None


def compare_validation(then: Record, now: Record) -> Finding:
    """The losses of the validation passes."""
    return Finding(
        name="validation losses",
        then=f"{len(then.history)} passes",
        now=f"{len(now.history)} passes",
        differs=first_difference(then.history, now.history),
    )


def first_difference(then: Sequence[Any], now: Sequence[Any]) -> str | None:
    """The first of two lists of mappings that differs, by its step and values."""
    for one, other in zip(then, now, strict=False):
        if one != other:
            keys = [key for key in one if one[key] != other.get(key)] or sorted(other.keys() - one)
            step, key = one.get("step", "?"), keys[0]
            return f"first at step {step}: {key} {one.get(key)}, here {other.get(key)}"
    return None if len(then) == len(now) else f"{len(then)} of them, here {len(now)}"


def compare_losses(then: Side, now: Side) -> Finding:
    """The training loss of every step."""
    one, other = then.hash("trace"), now.hash("trace")
    differs = None
    if one != other:
        differs = "in their hash; the record's own losses are not here"
        if then.has("trace") and now.has("trace"):
            lines = (side.folder.read_lines(side.folder.trace) for side in (then, now))
            differs = first_difference(*lines) or "in how they are written"
    return Finding(name="training losses", then=one[:8], now=other[:8], differs=differs)


def compare_adapter(then: Side, now: Side) -> Finding:
    """The trained tensors."""
    one, other = then.hash("adapter"), now.hash("adapter")
    differs = None
    if one != other:
        differs = "in its hash; the record's own adapter is not here"
        if then.has("adapter") and now.has("adapter"):
            from bench.rerun.tensors import largest_difference

            differs = largest_difference(*(side.folder.file("fit") for side in (then, now)))
    return Finding(name="adapter", then=one[:8], now=other[:8], differs=differs)


def compare_predictions(then: Side, now: Side) -> Finding:
    """The lines of predictions."""
    one, other = then.hash("predictions"), now.hash("predictions")
    differs = None
    if one != other:
        differs = "in their hash; the record's own predictions are not here"
        if then.has("predictions") and now.has("predictions"):
            old, new = (side.folder.read_lines(side.folder.file("predict")) for side in (then, now))
            apart = sum(a != b for a, b in zip(old, new, strict=False)) + abs(len(old) - len(new))
            differs = f"{apart:,} of {len(old):,} lines"
    return Finding(name="predictions", then=one[:8], now=other[:8], differs=differs)
