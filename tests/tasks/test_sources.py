from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace

import pytest

from bench.config import DataConfig
from bench.errors import DataError
from bench.tasks.e2e import E2E
from bench.tasks.sources import content_hash, load

ROWS = [
    {"meaning_representation": "name[Café Ügel]", "human_reference": "Café Ügel costs £5."},
    {"meaning_representation": "name[Café Ügel]", "human_reference": 'It is "here".\r\n'},
    {"meaning_representation": "name[Tidal Spoon]", "human_reference": "Tidal Spoon.\u2028"},
]
SYNTHETIC = DataConfig(source="synthetic", root=None)


@pytest.fixture
def local(tmp_path):
    """A folder with one split of three rows."""
    write(tmp_path, "test.jsonl", ROWS)
    return DataConfig(source="local", root=tmp_path)


@pytest.fixture
def three(monkeypatch):
    """The task as if three rows were the published test split."""
    (file,) = E2E.files["test"]
    known = replace(file, rows=3, sha256=content_hash(ROWS))
    monkeypatch.setattr(E2E, "files", {**E2E.files, "test": (known,)})
    return E2E()


def write(root, name, rows):
    path = root / "e2e_nlg" / name
    path.parent.mkdir(exist_ok=True)
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def test_hash_is_that_of_canonical_json_lines():
    """Against lines written out by hand."""
    lines = (
        '{"human_reference":"Café Ügel costs £5.","meaning_representation":"name[Café Ügel]"}\n'
        '{"human_reference":"It is \\"here\\".\\r\\n","meaning_representation":"name[Café Ügel]"}\n'
    )
    assert content_hash(ROWS[:2]) == hashlib.sha256(lines.encode()).hexdigest()


def test_plain_compressed_reordered_and_wider_files_hash_alike(local, three):
    (plain,) = load(three, local, "test", None)
    (local.root / "e2e_nlg" / "test.jsonl").unlink()
    write(local.root, "test.jsonl.gz", [dict(reversed(row.items())) | {"idx": 7} for row in ROWS])
    (packed,) = load(three, local, "test", None)
    assert packed.sha256 == plain.sha256
    assert packed.rows == plain.rows == tuple(ROWS)
    assert (plain.origin, packed.origin) == ("e2e_nlg/test.jsonl", "e2e_nlg/test.jsonl.gz")


def test_hash_sees_every_change(local, three):
    (before,) = load(three, local, "test", None)
    for changed in (ROWS[:2], ROWS[::-1], [*ROWS[:2], ROWS[2] | {"human_reference": "Tidal."}]):
        write(local.root, "test.jsonl", changed)
        with pytest.raises(DataError, match=r"e2e_nlg/test.jsonl: not the published rows \("):
            load(three, local, "test", None)
        (asked,) = load(three, replace(local, partial=True), "test", None)
        assert (asked.partial, asked.rows) == (True, tuple(changed))
        assert asked.sha256 != before.sha256


def test_whole_split_is_not_partial(local, three):
    (loaded,) = load(three, local, "test", None)
    assert (loaded.total, loaded.partial, loaded.source) == (3, False, "local")


@pytest.mark.parametrize(("limit", "kept", "partial"), [(1, 1, True), (3, 3, False), (9, 3, False)])
def test_limit_keeps_first_rows_and_the_hash_of_all(local, three, limit, kept, partial):
    (loaded,) = load(three, local, "test", limit)
    assert loaded.rows == tuple(ROWS[:kept])
    assert (loaded.total, loaded.partial) == (3, partial)
    assert loaded.sha256 == load(three, local, "test", None)[0].sha256


def test_without_a_known_hash_the_number_of_rows_decides(local, three, monkeypatch):
    (file,) = E2E.files["test"]
    monkeypatch.setattr(E2E, "files", {"test": (replace(file, sha256=None),)})
    (loaded,) = load(three, local, "test", None)
    assert not loaded.partial
    write(local.root, "test.jsonl", ROWS[:2])
    with pytest.raises(DataError, match=r"not the published rows \(2 rows, .* published: 3, no"):
        load(three, local, "test", None)


def test_a_part_of_a_split_may_be_absent_if_that_was_asked_for(local, three, monkeypatch):
    """As of MNLI's validation rows, of which the mismatched ones are a file of their own."""
    (file,) = E2E.files["test"]
    other = replace(file, name="test_other", subset="other")
    monkeypatch.setattr(E2E, "files", {"test": (file, other)})
    with pytest.raises(DataError, match=r"test_other.jsonl: no such file"):
        load(three, local, "test", None)
    (only,) = load(three, replace(local, partial=True), "test", None)
    assert only.name == "test"
    write(local.root, "test_other.jsonl", ROWS)
    names = [(part.name, part.subset) for part in load(three, local, "test", None)]
    assert names == [("test", ""), ("test_other", "other")]


def test_a_split_that_does_not_exist_has_no_rows(three, monkeypatch):
    monkeypatch.setattr(E2E, "files", {})
    assert load(three, SYNTHETIC, "validation", None) == ()


def test_partial_file_is_partial_even_with_the_published_number_of_rows(tmp_path, three):
    write(tmp_path, "test.partial.jsonl.gz", ROWS)
    (loaded,) = load(three, DataConfig(source="local", root=tmp_path, partial=True), "test", None)
    assert loaded.partial
    assert loaded.origin == "e2e_nlg/test.partial.jsonl.gz"


def test_synthetic_rows_are_partial_only_by_a_limit():
    (whole,), (first,) = (load(E2E(), SYNTHETIC, "test", limit) for limit in (None, 5))
    assert (whole.partial, whole.total, whole.source, whole.origin) == (
        *(False, 280),
        *("synthetic", "synthetic"),
    )
    assert (first.partial, first.total, len(first.rows)) == (True, 280, 5)
    assert first.sha256 == whole.sha256
    assert first.rows == whole.rows[:5]


def test_a_generator_that_lacks_a_column_is_found_out(monkeypatch):
    monkeypatch.setattr(E2E, "synthetic", lambda self, file: [{"human_reference": "x"}])
    with pytest.raises(DataError, match="synthetic row 1: no column meaning_representation"):
        load(E2E(), SYNTHETIC, "test", None)
