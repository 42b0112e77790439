"""Build a typed section from plain data, or say in one line what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import ValidationError

from bench.errors import ConfigError, unknown, unknown_key

Section = TypeVar("Section")

_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
_MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")


def build(kind: type[Section], values: Mapping[str, Any], prefix: str) -> Section:
    """Construct the pydantic dataclass `kind`; `prefix` is its section's dotted key."""
    if not isinstance(values, Mapping):
        raise ConfigError(f"{prefix}={values!r}: a section with keys is needed here")
    try:
        return kind(**values)
    except ValidationError as error:
        raise _readable(error, kind, prefix) from None


def _readable(error: ValidationError, kind: type, prefix: str) -> ConfigError:
    """The first problem of `error`, as one line."""
    problem = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in problem["loc"])
    key = ".".join(part for part in (prefix, path) if part)
    value = problem["input"]
    if problem["type"] in _UNKNOWN:
        nested = len(problem["loc"]) > 1
        return unknown_key(key, [] if nested else [field.name for field in fields(kind)])
    if problem["type"] in _MISSING:
        return ConfigError(f"{key}: missing; give {key}=VALUE")
    if problem["type"] == "literal_error":
        allowed = [part.strip(" '") for part in _alternatives(problem["ctx"]["expected"])]
        return unknown(key, value, "choice", allowed)
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if problem["type"] == "value_error":
        return ConfigError(f"{key}: {message}" if key else message)
    return ConfigError(f"{key}={value}: must be {message}")


def _alternatives(expected: str) -> list[str]:
    """Split pydantic's "'a', 'b' or 'c'" into its members."""
    return expected.replace(" or ", ", ").split(",")
