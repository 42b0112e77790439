"""What the YAML files that tables are described by hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from bench.check import build
from bench.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

Section = TypeVar("Section")


def build_each(kind: type[Section], values: object, prefix: str) -> tuple[Section, ...]:
    """Build a list of sections; an error names the one that is wrong by its position."""
    if not isinstance(values, list):
        raise ConfigError(f"{prefix}={values!r}: a list is needed here")
    return tuple(build(kind, value, f"{prefix}.{index}") for index, value in enumerate(values))


def section(values: Mapping[str, Any], key: str, prefix: str) -> Any:
    """Return `values[key]`; a ConfigError names it where it is missing."""
    if not isinstance(values, Mapping):
        raise ConfigError(f"{prefix}={values!r}: a section with keys is needed here")
    if key not in values:
        raise ConfigError(f"{prefix}.{key}: missing")
    return values[key]


def no_duplicates(names: Iterable[object], prefix: str) -> None:
    """Refuse a name that occurs twice."""
    seen: set[object] = set()
    for name in names:
        if name in seen:
            raise ConfigError(f"{prefix}: {name} occurs twice; every entry needs its own name")
        seen.add(name)
