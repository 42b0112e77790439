"""Records on disk: whole or absent, never overwritten once finished, damage is named."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import StoreError
from bench.store.files import sha256_file, write_atomic
from bench.store.record import Record, parse
from bench.store.store import Store

CELL = {"task": "e2e", "model": "tiny", "method": "lora", "seed": 0, "preset": "quick"}


def record(status: str = "finished", **values: object) -> Record:
    """A small record."""
    return Record(run_id="abc", status=status, cell=CELL, config={}, identity={}, **values)  # type: ignore[arg-type]


def test_round_trip(tmp_path: Path) -> None:
    """What is read is what was written, unknown and missing optional fields allowed."""
    written = record(metrics={"BLEU": 0.5, "METEOR": None})
    Store(tmp_path).write(written)
    assert Store(tmp_path).read() == ([written], [])
    later = json.loads(written.to_json()) | {"added_later": 1}
    del later["select"]
    assert parse(json.dumps(later)) == written


def test_finished_is_never_overwritten(tmp_path: Path) -> None:
    """Failed records may be replaced, finished ones not."""
    store = Store(tmp_path)
    store.write(record("failed"))
    assert store.finished(CELL, "abc") is None
    store.write(record("finished"))
    with pytest.raises(StoreError, match="never overwritten"):
        store.write(record("failed"))
    assert store.finished(CELL, "abc") is not None


def test_nan_cannot_be_recorded() -> None:
    """JSON has no NaN; a metric that is none is null."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        record(metrics={"BLEU": float("nan")}).to_json()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a record"),
        ('{"schema": "other/1"}', "not a record"),
        ('{"schema": "bench-record/1"}', "incomplete"),
        (record("done").to_json(), "status 'done'"),
        (replace(record(), metrics=[]).to_json(), "metrics is not a mapping"),  # type: ignore[arg-type]
    ],
)
def test_damage_is_named_and_left_out(text: str, reason: str, tmp_path: Path) -> None:
    """A file that is no record does not stop the reading of the others."""
    store = Store(tmp_path)
    store.write(record())
    bad = tmp_path / "e2e/tiny/lora/bad.json"
    bad.write_text(text)
    found, damaged = store.read()
    assert [item.run_id for item in found] == ["abc"]
    assert [item.path for item in damaged] == [bad]
    assert reason in damaged[0].reason


def test_a_failing_write_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the file that was there stays whole, and nothing half-written is left."""
    path = tmp_path / "a.json"
    write_atomic(path, "old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"No space left on device.*free space"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_sha256_of_a_file(tmp_path: Path) -> None:
    """FIPS 180-2, appendix B.1: the digest of "abc"."""
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_file(path) == digest
