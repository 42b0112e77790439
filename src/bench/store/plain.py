"""JSON and YAML of strangers as plain data: bounded, finite, and nothing is ever run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import yaml

from bench.errors import ConfigError
from bench.store.bounds import SETTINGS_BYTES, check_shape, read_bounded


def parse_json(text: str) -> Any:
    """The value, or a ValueError: not JSON, NaN or infinite, or too deep or large."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    check_shape(value)
    return value


def parse_yaml(text: str) -> Any:
    """The value, or a ValueError; names that stand for values are followed in bounds."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    check_shape(value)
    return value


def read_yaml(path: Path) -> dict[str, Any]:
    """Read the mapping in a YAML file; a ConfigError names the file where there is none."""
    try:
        values = parse_yaml(read_bounded(path, SETTINGS_BYTES, ConfigError))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not YAML ({error})") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: a mapping with keys is needed")
    return values


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
