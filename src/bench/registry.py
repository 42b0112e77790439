"""Components are found by being there: a module in a package, or an entry point.

A module of `bench.methods` or `bench.tasks` that defines a subclass with a `key`
registers it; a distribution outside this package does the same by naming a module
under an entry point of the same name (`[project.entry-points."bench.methods"]`).
Modules found here import nothing heavy, so that a command can list and check names
before torch is loaded.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, TypeVar

from bench.errors import ConfigError, unknown

if TYPE_CHECKING:
    from bench.methods.base import Base, Init, Insert, Select, Update
    from bench.methods.plugin import Plugin
    from bench.tasks.base import Task

Component = TypeVar("Component")


def _import_modules(package: str) -> None:
    """Import every module of `package` and every module that its entry points name."""
    path = importlib.import_module(package).__path__
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")
    for point in entry_points(group=package):
        point.load()


def _by_key(base: type[Component]) -> dict[str, type[Component]]:
    """All subclasses of `base` that carry a `key`, by that key."""
    found: dict[str, type[Component]] = {}
    waiting = list(base.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        key = vars(kind).get("key")
        if key is None:
            continue
        if key in found and found[key].__module__ != kind.__module__:
            raise ConfigError(f"{key}: defined by {found[key].__module__} and {kind.__module__}")
        found[key] = kind
    return dict(sorted(found.items()))


def _found(package: str, base: type[Component]) -> dict[str, type[Component]]:
    """The subclasses of `base` that modules of `package` and entry points define, by key."""
    _import_modules(package)
    return _by_key(base)


@cache
def updates() -> dict[str, type[Update]]:
    """Adapter structures on one linear map, by key."""
    from bench.methods.base import Update

    return _found("bench.methods", Update)  # type: ignore[type-abstract]


@cache
def selects() -> dict[str, type[Select]]:
    """Choices of base tensors that train, by key."""
    from bench.methods.base import Select

    return _found("bench.methods", Select)  # type: ignore[type-abstract]


@cache
def inserts() -> dict[str, type[Insert]]:
    """What is put into a whole model, by key."""
    from bench.methods.base import Insert

    return _found("bench.methods", Insert)  # type: ignore[type-abstract]


@cache
def inits() -> dict[str, type[Init]]:
    """Ways for an update to start, by key."""
    from bench.methods.base import Init

    return _found("bench.methods", Init)  # type: ignore[type-abstract]


@cache
def bases() -> dict[str, type[Base]]:
    """Transforms of the frozen weights, by key."""
    from bench.methods.base import Base

    return _found("bench.methods", Base)  # type: ignore[type-abstract]


@cache
def plugins() -> dict[str, type[Plugin]]:
    """Hooks in the training loop, by key."""
    from bench.methods.plugin import Plugin

    return _found("bench.methods", Plugin)


@cache
def tasks() -> dict[str, type[Task]]:
    """Tasks, by key."""
    from bench.tasks.base import Task

    return _found("bench.tasks", Task)  # type: ignore[type-abstract]


def choose(table: dict[str, type[Component]], setting: str, name: object) -> type[Component]:
    """The component called `name`, or an error that names the nearest one."""
    if not isinstance(name, str) or name not in table:
        raise unknown(setting, name, setting.rpartition(".")[2], table)
    return table[name]
