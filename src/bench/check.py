"""Build a typed section from plain data, or say in one line what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import ValidationError

from bench.errors import ConfigError, unknown, unknown_key
from bench.printable import short

Section = TypeVar("Section")

_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
KINDS = {
    "path_type": "a path",
    "tuple_type": "a list, as [a,b]",
    "dict_type": "a section with keys",
    "union_tag_invalid": "one of the known kinds",
    "string_type": "text",
    "list_type": "a list",
    "too_short": "a list with something in it",
    "string_too_short": "text with something in it",
    "string_pattern_mismatch": "a name of letters, digits and . _ + -",
    "finite_number": "a finite number",
}
"""Words for what pydantic says less plainly, by its type of error."""
_MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")


def build(kind: type[Section], values: Mapping[str, Any], prefix: str) -> Section:
    """Construct the pydantic dataclass `kind`; `prefix` is its section's dotted key."""
    try:
        return kind(**section(values, prefix))
    except ValidationError as error:
        raise _readable(error, kind, values, prefix) from None


def section(values: Any, key: str) -> dict[str, Any]:
    """A copy of the section at a dotted key; a ConfigError where it is none."""
    if not isinstance(values, Mapping):
        raise ConfigError(f"{key}={short(values)}: a section with keys is needed here")
    return {str(name): value for name, value in values.items()}


def _readable(
    error: ValidationError, kind: type, values: Mapping[str, Any], prefix: str
) -> ConfigError:
    """The first problem of `error`, as one line."""
    problems = error.errors(include_url=False)
    # A misspelled key explains a missing one.
    problem = next((one for one in problems if one["type"] in _UNKNOWN), problems[0])
    path = ".".join(_typed_keys(problem["loc"], values))
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
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return ConfigError(f"{key}: {message}" if key else message)
    needed = KINDS.get(problem["type"], message.removeprefix("Input should be "))
    return ConfigError(f"{key}={short(value)}: must be {needed}")


def _typed_keys(place: tuple[int | str, ...], values: Any) -> list[str]:
    """The keys of `place` that can be typed.

    pydantic also names the member of a union that it tried, which `values` do not hold; the
    last part stays wherever a key may be missing.
    """
    keys = []
    for part in place[:-1]:
        if isinstance(values, Mapping):
            if part not in values:
                continue
            values = values[part]
        keys.append(str(part))
    return [*keys, *map(str, place[-1:])] if isinstance(values, Mapping | Sequence) else keys


def _alternatives(expected: str) -> list[str]:
    """Split pydantic's "'a', 'b' or 'c'" into its members."""
    return expected.replace(" or ", ", ").split(",")
