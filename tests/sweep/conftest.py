"""Cells of a sweep that never run: planned ones with a place, and records for them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.store.claim import FILE
from bench.store.owner import this_process
from bench.store.place import place_of
from bench.store.record import Record
from bench.sweep.compose import Composer, new_composer
from bench.sweep.plan import Planned

NAMES = {"task": "e2e", "model": "tiny", "method": "lora", "seed": 0, "preset": "quick"}


@pytest.fixture
def composer() -> Composer:
    """A composer of its own for each test."""
    return new_composer()


def run_id_of(name: str) -> str:
    """A run_id that stands for a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


@pytest.fixture
def planned(tmp_path: Path) -> Callable[[str], Planned]:
    """A new cell by a name."""

    def make(name: str) -> Planned:
        place = place_of(tmp_path / "results", tmp_path / "runs", NAMES, run_id_of(name))
        return Planned(overrides=(f"id={name}",), title=name, state="new", place=place)

    return make


def leave(one: Planned, status: str = "finished", age: float | None = None, **values: Any) -> None:
    """Leave a record of a cell, `age` seconds before now."""
    assert one.place is not None
    record = Record(
        run_id=one.place.run_id, status=status, cell=NAMES, config={}, identity={}, **values
    )
    path = one.place.store.write(record)
    if age is not None:
        moment = path.stat().st_mtime - age
        os.utime(path, (moment, moment))


def claim(one: Planned, *, living: bool) -> None:
    """Leave a claim of this process, or of one that is dead."""
    assert one.place is not None
    owner = this_process()
    if not living:
        owner = replace(owner, started=1.0)
    folder = one.place.folder.path
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(owner.to_json())
