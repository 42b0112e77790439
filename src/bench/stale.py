"""Records that older components made: still readable, not what the code would give today."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench import registry
from bench.identity import shared_versions
from bench.store.record import Record

KINDS: Mapping[str, Callable[[], Mapping[str, type]]] = {
    "task": registry.tasks,
    "update": registry.updates,
    "select": registry.selects,
    "insert": registry.inserts,
    "init": registry.inits,
    "base": registry.bases,
    "plugin": registry.plugins,
}
"""The components that have a name of their own, by kind."""


def stale(record: Record) -> list[str]:
    """Why the record is stale: each of its components that has another version today."""
    held = record.identity.get("inputs", {}).get("versions", {})
    if not isinstance(held, Mapping):
        return ["its identity tells of no versions"]
    task = registry.tasks().get(str(record.cell.get("task")))
    shared = {} if task is None else shared_versions(task)
    found = []
    for name, version in held.items():
        kind, _, key = str(name).partition(" ")
        named = KINDS[kind]().get(key) if kind in KINDS else None
        today = getattr(named, "version", None) if kind in KINDS else shared.get(name)
        if today is None:
            found.append(f"{name}: version {version}, there is none today")
        elif today != version:
            found.append(f"{name}: version {version}, today {today}")
    return found
