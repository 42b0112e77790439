"""How far the cells of a table are. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import BenchError
from bench.reproduce.estimate import Estimate, estimate, in_words
from bench.stale import stale
from bench.store.place import Place
from bench.store.record import Record
from bench.store.store import Store
from bench.sweep.plan import Planned

WORDS = {
    "finished": "done",
    "new": "missing",
    "wrong": "cannot run",
}
"""States of a plan in the words of a table."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One cell of a table."""

    planned: Planned
    state: str
    """done, stale, missing, running, interrupted, failed or cannot run."""
    reason: str
    estimate: Estimate | None
    """Where there is something left to do and a record to judge by."""

    def __str__(self) -> str:
        """One line."""
        reason = f": {self.reason}" if self.reason else ""
        return f"  {self.state:<12}{self.planned.title}{reason}"


def standing(planned: Planned, store: Store) -> Standing:
    """How far one cell is, beside the records of its kind."""
    state, reason = WORDS.get(planned.state, planned.state), planned.reason
    held = [] if planned.place is None else kin(planned.place, store)
    like = [one for one in held if costs_the_same(one, planned)]
    if state == "missing" and (older := [one for one in held if made_before(one, planned)]):
        state, reason = "stale", "; ".join(stale(older[-1]))
    left = state not in {"done", "cannot run"}
    return Standing(
        planned=planned,
        state=state,
        reason=reason,
        estimate=estimate(like) if left else None,
    )


def kin(place: Place, store: Store) -> list[Record]:
    """The readable records of the same task, model and method."""
    found = []
    for path in sorted(place.record.parent.glob("*.json")):
        try:
            found.append(store.load(path))
        except (BenchError, OSError):
            continue
    return found


def costs_the_same(record: Record, planned: Planned) -> bool:
    """Whether a record of the same method trained as long, on the same rows."""
    known, wanted = record.identity.get("inputs", {}), planned.inputs or {}
    return bool(wanted) and all(
        at(known, *path) == at(wanted, *path) for path in (("data",), ("settings", "train"))
    )


def at(values: Any, *path: str) -> Any:
    """What stands at a path of nested mappings, or None."""
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def made_before(record: Record, planned: Planned) -> bool:
    """Whether a record is of the same cell, made by older components."""
    return (
        record.status == "finished"
        and planned.inputs is not None
        and without_versions(record.identity.get("inputs", {})) == without_versions(planned.inputs)
        and bool(stale(record))
    )


def without_versions(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What identifies a cell but for the versions of components."""
    return {key: value for key, value in inputs.items() if key != "versions"}


def summary(found: Sequence[Standing]) -> str:
    """Counts, and what is left to do."""
    counts = Counter(one.state for one in found)
    shown = ", ".join(f"{number} {state}" for state, number in counts.items())
    left = [one.estimate for one in found if one.state not in {"done", "running", "cannot run"}]
    todo = f"to run: {cells(len(left))}, {in_words(left)}" if left else "nothing left to run"
    return f"{cells(len(found))}: {shown}\n{todo}"


def cells(number: int) -> str:
    """A number of cells in words."""
    return f"{number} cell{'s' * (number != 1)}"
