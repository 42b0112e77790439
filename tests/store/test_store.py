"""Records on disk: whole or absent, never overwritten once finished, damage is named."""

from __future__ import annotations

import errno
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import StoreError
from bench.store.files import sha256_file, write_atomic
from bench.store.record import Record, parse
from bench.store.store import Store

RUN_ID = "abc0" * 4
CELL = {"task": "e2e", "model": "tiny", "method": "lora", "seed": 0, "preset": "quick"}


def record(status: str = "finished", **values: object) -> Record:
    """A small record."""
    return Record(run_id=RUN_ID, status=status, cell=CELL, config={}, identity={}, **values)  # type: ignore[arg-type]


def finished(store: Store, run_id: str) -> Record | None:
    """The record in the place of a run, where it says that the run is done."""
    held = store.look(store.path(CELL, run_id))
    return held if isinstance(held, Record) and held.status == "finished" else None


def test_round_trip(tmp_path: Path) -> None:
    """What is read is what was written, unknown and missing optional fields allowed."""
    written = record(metrics={"BLEU": 0.5, "METEOR": None})
    Store(tmp_path).write(written)
    assert Store(tmp_path).read() == ([written], [])
    later = json.loads(written.to_json()) | {"added_later": 1}
    del later["select"]
    assert parse(json.dumps(later)) == written


def test_finished_is_never_overwritten(tmp_path: Path) -> None:
    """Failed records may be replaced, finished ones stay, whatever is written after them."""
    store = Store(tmp_path)
    store.write(record("failed"))
    assert finished(store, RUN_ID) is None
    first = record("finished", metrics={"BLEU": 0.5})
    store.write(first)
    for later in (record("failed"), record("finished", metrics={"BLEU": 0.6})):
        store.write(later)
        assert finished(store, RUN_ID) == first


def test_missing_metrics_may_be_added(tmp_path: Path) -> None:
    """A finished record that lacks a metric gives way to one that has it, and not back."""
    store = Store(tmp_path)
    lacking = record(metrics={"BLEU": 0.5, "METEOR": None}, unavailable={"METEOR": "no Java"})
    whole = record(metrics={"BLEU": 0.5, "METEOR": 0.4})
    for written, held in ((lacking, lacking), (record("failed"), lacking), (whole, whole),
                          (lacking, whole)):  # fmt: skip
        store.write(written)
        assert finished(store, RUN_ID) == held


def test_what_is_no_record_is_kept_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the record's place is not deleted: each has a name of its own, which is said."""
    store = Store(tmp_path)
    path = store.path(CELL, RUN_ID)
    path.parent.mkdir(parents=True)
    for number, content in enumerate((b"{", b"\xff\xfe", b'{"schema": "bench-record/2"}'), 1):
        path.write_bytes(content)
        assert finished(store, RUN_ID) is None
        assert path.read_bytes() == content
        store.write(record("failed"))
        aside = f"{path.name}.damaged{f'-{number}' if number > 1 else ''}"
        assert path.with_name(aside).read_bytes() == content
        assert f"kept as {aside}" in capsys.readouterr().out
        assert store.read() == ([record("failed")], [])
    assert path.with_name(f"{path.name}.damaged").read_bytes() == b"{"


def test_of_many_writers_the_first_that_finished_stays(tmp_path: Path) -> None:
    """Eight write one record at the same moment, finished and failed: the file never changes again.

    Each looks at what is there behind its own write: once finished, it is the same for all.
    """
    store = Store(tmp_path)
    ready = threading.Barrier(8)

    def write(number: int) -> list[Record | None]:
        seen = []
        for turn in range(20):
            run_id = f"{turn:016x}"
            status = "finished" if number % 2 else "failed"
            mine = replace(record(status, metrics={"BLEU": float(number)}), run_id=run_id)
            ready.wait()
            store.write(mine)
            found = finished(store, run_id)
            ready.wait()
            seen.append(found if number % 2 else finished(store, run_id))
        return seen

    with ThreadPoolExecutor(8) as pool:
        of_each = list(pool.map(write, range(8)))
    for seen in zip(*of_each, strict=True):
        assert seen[0] is not None
        assert all(one == seen[0] for one in seen)


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
        ('{"schema": "bench-record/2"}', "schema bench-record/2 is not known"),
        (record(params={"trained": "x"}).to_json(), "params.trained=x is not a finite number"),
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
    assert [item.run_id for item in found] == [RUN_ID]
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
