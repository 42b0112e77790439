"""Predictions kept as they are made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bench.store.journal import Journal


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    """Batches in any order, texts with line ends of every kind, numbers to the last digit."""
    path = tmp_path / "made.jsonl"
    first = Journal(path, "adapter")
    first.update({3: "a\nb\r\u2028c\x85d", 1: ""})
    first.update(zip([0], [[0.1, 1e-45, -2.5]], strict=True))
    again = Journal(path, "adapter")
    assert dict(again) == {3: "a\nb\r\u2028c\x85d", 1: "", 0: [0.1, 1e-45, -2.5]}
    assert 2 not in again


def test_a_torn_line_does_not_count(tmp_path: Path) -> None:
    """At every length that a crash can leave; what is added then is whole."""
    path = tmp_path / "made.jsonl"
    journal = Journal(path, "adapter")
    journal.update({0: "first"})
    before = len(path.read_bytes())
    journal.update({1: "second"})
    whole = path.read_bytes()
    for length in range(before, len(whole) - 1):
        path.write_bytes(whole[:length])
        again = Journal(path, "adapter")
        assert dict(again) == {0: "first"}
        again.update({1: "again"})
        assert dict(Journal(path, "adapter")) == {0: "first", 1: "again"}


def test_damage_ends_what_counts(tmp_path: Path) -> None:
    """A byte that is another: that line and those behind it are made again."""
    path = tmp_path / "made.jsonl"
    journal = Journal(path, "adapter")
    for index in range(3):
        journal.update({index: f"text {index}"})
    path.write_bytes(path.read_bytes().replace(b"text 1", b"text 7"))
    assert dict(Journal(path, "adapter")) == {0: "text 0"}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{}\n", b"0 {}\n"])
def test_a_file_that_is_no_journal_is_begun_anew(content: bytes, tmp_path: Path) -> None:
    """Whatever stands there."""
    path = tmp_path / "made.jsonl"
    path.write_bytes(content)
    journal = Journal(path, "adapter")
    assert dict(journal) == {}
    journal.update({0: 1})
    assert dict(Journal(path, "adapter")) == {0: 1}


@pytest.mark.parametrize("odd", [3, {}, {"indices": [1]}, {"indices": [0, 1], "values": ["a"]}])
def test_a_line_of_another_kind_ends_what_counts(odd: Any, tmp_path: Path) -> None:
    """Even where its checksum holds."""
    path = tmp_path / "made.jsonl"
    Journal(path, "adapter").update({0: "text"})
    body = json.dumps(odd)
    digest = hashlib.sha256(body.encode()).hexdigest()[:32]
    with path.open("a") as file:
        file.write(f"{digest} {body}\n")
    assert dict(Journal(path, "adapter")) == {0: "text"}


def test_other_weights_begin_anew(tmp_path: Path) -> None:
    """What another adapter predicted is of no use."""
    path = tmp_path / "made.jsonl"
    Journal(path, "adapter").update({0: "text"})
    assert dict(Journal(path, "other")) == {}


def test_nothing_is_forgotten(tmp_path: Path) -> None:
    """It only grows."""
    journal = Journal(tmp_path / "made.jsonl", "adapter")
    journal[0] = "text"
    with pytest.raises(TypeError, match="forgets nothing"):
        del journal[0]
    assert len(journal) == 1
