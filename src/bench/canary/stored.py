"""The file of stored numbers, which travels with the package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.canary.digits import Digits
from bench.canary.probe import Entry
from bench.errors import StoreError
from bench.store.files import write_atomic

PATH = Path(__file__).with_name("stored.json")


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What is known of every probe, and of the environment that the numbers are from."""

    environment: Mapping[str, Any] = field(default_factory=dict)
    digits: Digits | None = None
    """The digits of one whole cell in that environment."""
    probes: Mapping[str, Entry] = field(default_factory=dict)


def load(path: Path = PATH) -> Stored:
    """Read the file; nothing where there is none, a StoreError where it is damaged."""
    if not path.exists():
        return Stored()
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return Stored(
            environment=held["environment"],
            digits=Digits(**held["digits"]),
            probes={name: Entry(**entry) for name, entry in held["probes"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path}: damaged ({error}); take it from the repository, or install bench again"
        ) from None


def save(stored: Stored, path: Path = PATH) -> None:
    """Write the file: the same numbers give the same bytes, one value or short list a line."""
    write_atomic(path, as_lines(asdict(stored)) + "\n")


def as_lines(value: Any, indent: str = "") -> str:
    """JSON with mappings spread over lines and lists kept in one."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    deeper = indent + " "
    members = (f"{deeper}{json.dumps(k)}: {as_lines(v, deeper)}" for k, v in value.items())
    return "{\n" + ",\n".join(members) + f"\n{indent}}}"
