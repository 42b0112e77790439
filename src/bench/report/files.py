"""Read the YAML files that tables are described by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from bench.check import build
from bench.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Section = TypeVar("Section")


def read_yaml(path: Path) -> dict[str, Any]:
    """Read the mapping in a YAML file; a ConfigError names the file where there is none."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from None
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())
        raise ConfigError(f"{path}: not YAML ({where})") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: a mapping with keys is needed")
    return values


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
