"""What the command leaves: one JSON file a measurement, checked when it is read. No torch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from bench.check import build
from bench.errors import BenchError, StoreError
from bench.speed.results import Speed
from bench.store.bounds import RECORD_BYTES, read_bounded
from bench.store.files import write_atomic
from bench.store.names import check_name
from bench.store.plain import parse_json

FOLDER = "speed"
"""Below the results folder."""


def slug(text: str) -> str:
    """Text as a part of a file's name."""
    return re.sub(r"[^a-z0-9.]+", "_", text.lower()).strip("_.")


def path_of(results: Path, speed: Speed, label: str | None) -> Path:
    """Where a measurement is written."""
    parts = [slug(speed.device), speed.model, speed.precision, *([label] if label else [])]
    return results / FOLDER / f"{'_'.join(parts)}.json"


def save(path: Path, speed: Speed) -> None:
    """Write the file, whole or not at all."""
    write_atomic(path, json.dumps(asdict(speed), indent=1, ensure_ascii=False) + "\n")


def load(path: Path) -> Speed:
    """Read and check one file; a StoreError says what is wrong with it."""
    try:
        check_name("file", path.stem)
        return build(Speed, parse_json(read_bounded(path, RECORD_BYTES)), "")
    except (OSError, ValueError, BenchError) as error:
        raise StoreError(f"{path}: no readable measurement ({error})") from None


def paths(results: Path) -> Iterator[Path]:
    """The measurements below a results folder, in the order of their names."""
    yield from sorted((results / FOLDER).glob("*.json"))
