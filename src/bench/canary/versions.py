"""The components that carry a version, by the names of a run's identity, and where it stands."""

from __future__ import annotations

import importlib

from bench.registry import tasks
from bench.stale import KINDS

SHARED = {"models": "bench.models", "trainer": "bench.training", "decoder": "bench.decoding"}
"""The module of each component that every cell uses."""


def families() -> dict[str, str]:
    """The module of each family of metrics; an identity says `metrics` for that of its task."""
    scorers = {task.scorer for task in tasks().values() if is_own(task)}
    return {f"metrics {scorer.rpartition('.')[2]}": scorer for scorer in sorted(scorers)}


def is_own(kind: type) -> bool:
    """Whether a component is the project's, and not from another distribution."""
    return kind.__module__.partition(".")[0] == "bench"


def classes() -> dict[str, type]:
    """The class of each component that has one."""
    return {
        f"{kind} {key}": found
        for kind, table in KINDS.items()
        for key, found in table().items()
        if is_own(found)
    }


def versions() -> dict[str, int]:
    """Version of every component of the project."""
    modules = {**SHARED, **families()}
    return {
        **{name: getattr(found, "version") for name, found in classes().items()},  # noqa: B009
        **{name: int(importlib.import_module(path).VERSION) for name, path in modules.items()},
    }


def place(component: str) -> str:
    """Where the version of a component is written."""
    modules = {**SHARED, **families()}
    if component in modules:
        return f"VERSION of {modules[component]}"
    found = classes()[component]
    return f"version of {found.__module__}.{found.__qualname__}"
