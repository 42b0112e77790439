from __future__ import annotations

import gzip
import hashlib
import io
import json
from dataclasses import replace

import pytest

from bench.config import DataConfig
from bench.errors import DataError
from bench.store import bounds
from bench.tasks import local
from bench.tasks.e2e import E2E, SOURCE

ROW = {"meaning_representation": "name[Cotto]", "human_reference": "Cotto is here."}
LINE = json.dumps(ROW).encode() + b"\n"


(TEST,) = E2E.files["test"]


def read(root, file=TEST, **options):
    return local.read(file, DataConfig(source="local", root=root, **options))


def failure(root, file=TEST, **options):
    """The one line that a person is told."""
    with pytest.raises(DataError) as caught:
        read(root, file, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1, message
    assert str(root) in message
    return message


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "e2e_nlg").mkdir()
    return tmp_path / "e2e_nlg"


def test_missing_root(tmp_path):
    message = failure(tmp_path / "nowhere")
    assert "nowhere: no such folder; give data.root=DIR" in message
    assert "data=synthetic" in message


def test_root_that_is_a_file(tmp_path):
    (tmp_path / "rows").touch()
    assert "no such folder; give data.root=DIR" in failure(tmp_path / "rows")


def test_missing_folder(tmp_path):
    assert "e2e_nlg: no such folder; data.root holds one folder a task" in failure(tmp_path)


def test_missing_file(folder):
    (folder / "train.jsonl").write_bytes(LINE)
    (folder / "test.jsonl").mkdir()
    message = failure(folder.parent)
    assert "test.jsonl: no such file, nor test.jsonl.gz; put one there" in message


def test_partial_file_needs_consent(folder):
    (folder / "test.partial.jsonl").write_bytes(LINE)
    message = failure(folder.parent)
    assert "test.partial.jsonl: not the whole split; allow it with data.partial=true" in message
    assert read(folder.parent, partial=True) == ("e2e_nlg/test.partial.jsonl", [ROW])


def test_whole_file_goes_before_a_partial_one(folder):
    (folder / "test.partial.jsonl").write_bytes(LINE * 2)
    (folder / "test.jsonl.gz").write_bytes(gzip.compress(LINE))
    assert read(folder.parent, partial=True) == ("e2e_nlg/test.jsonl.gz", [ROW])


@pytest.mark.parametrize("name", ["test.jsonl", "test.jsonl.gz"])
def test_empty_file(folder, name):
    (folder / name).touch()
    assert f"{name}: empty; copy the file again" in failure(folder.parent)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{broken", "not JSON: '{broken'; each line is one object"),
        (b"", "not JSON: ''"),
        (b"[" * 100_000, "not JSON"),
        (b"[1, 2]", "not an object; a row needs the columns meaning_representation, human_ref"),
        (b'{"human_reference": "x"}', "no column meaning_representation; it has ['human_refer"),
        (b'{"meaning_representation": "a[b]", "human_reference": null}', "=None is not a text"),
        (b'{"meaning_representation": ["a"], "human_reference": "x"}', "=['a'] is not a text"),
        (b'{"meaning_representation": "\\ud800", "human_reference": "x"}', "is not Unicode"),
        (b'{"meaning_representation": "\xff", "human_reference": "x"}', "not UTF-8; save the file"),
    ],
)
def test_damaged_line_is_named(folder, line, told):
    line = line.rstrip(b"\n")
    (folder / "test.jsonl").write_bytes(LINE + line + b"\n" + LINE)
    message = failure(folder.parent)
    assert "e2e_nlg/test.jsonl line 2: " in message
    assert told in message
    assert len(message) < 400 + len(str(folder))


def test_last_line_that_was_cut_is_named(folder):
    (folder / "test.jsonl").write_bytes(LINE * 3 + LINE[:20])
    assert "test.jsonl line 4: not JSON" in failure(folder.parent)


def test_missing_newline_at_the_end_is_no_damage(folder):
    (folder / "test.jsonl").write_bytes(LINE + LINE.rstrip())
    assert len(read(folder.parent)[1]) == 2


def test_truncated_gzip_is_named_with_the_line_it_ends_at(folder):
    texts = [hashlib.shake_256(str(n).encode()).hexdigest(500) for n in range(400)]
    lines = [json.dumps(ROW | {"human_reference": text}).encode() + b"\n" for text in texts]
    packed = gzip.compress(b"".join(lines))
    (folder / "test.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    message = failure(folder.parent)
    number = int(message.partition(" line ")[2].partition(":")[0])
    assert 100 < number < 300
    assert "damaged gzip (Compressed file ended" in message
    assert "copy the file again" in message


@pytest.mark.parametrize(
    "damaged",
    [LINE, gzip.compress(LINE)[:-8] + b"\0" * 8, b"\x1f\x8b\x08\x00" + b"\0" * 6 + b"\xff" * 9],
    ids=["not gzip", "wrong checksum", "bad block"],
)
def test_damaged_gzip_is_named(folder, damaged):
    (folder / "test.jsonl.gz").write_bytes(damaged)
    assert "test.jsonl.gz line " in failure(folder.parent)
    assert "damaged gzip (" in failure(folder.parent)


@pytest.mark.parametrize("name", ["test.jsonl", "test.jsonl.gz"])
def test_longest_line(folder, name):
    """One byte below the bound is read; one above is refused before it is."""
    for spare, fits in ((0, True), (1, False)):
        room = bounds.DATA_LINE_BYTES - len(LINE) + spare
        line = json.dumps(ROW | {"human_reference": ROW["human_reference"] + "x" * room})
        data = line.encode() + b"\n"
        assert len(data) == bounds.DATA_LINE_BYTES + spare
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        if fits:
            assert len(read(folder.parent)[1]) == 1
        else:
            assert "line 1: longer than 1048576 bytes" in failure(folder.parent)


def test_a_line_that_inflates_without_end_is_never_held_whole(folder, monkeypatch):
    """A gibibyte of blanks in a megabyte: at most the bound is asked for at once."""
    asked = []

    class Endless(io.RawIOBase):
        def readline(self, size=-1):
            asked.append(size)
            return b" " * size

    monkeypatch.setattr(gzip, "open", lambda path, mode: Endless())
    (folder / "test.jsonl.gz").touch()
    assert "longer than" in failure(folder.parent)
    assert asked == [bounds.DATA_LINE_BYTES + 1]


def test_link_out_of_the_root_is_refused(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "rows.jsonl"
    outside.write_bytes(LINE)
    (folder / "test.jsonl").symlink_to(outside)
    assert "test.jsonl: leads outside data.root=" in failure(folder.parent)


def test_link_within_the_root_is_followed(folder):
    (folder / "all.jsonl").write_bytes(LINE)
    (folder / "test.jsonl").symlink_to(folder / "all.jsonl")
    assert read(folder.parent) == ("e2e_nlg/test.jsonl", [ROW])


def test_links_in_a_circle_are_named(folder):
    (folder / "test.jsonl").symlink_to(folder / "test.jsonl")
    assert "test.jsonl" in failure(folder.parent)


@pytest.mark.parametrize("outside", ["../elsewhere", "/etc"])
def test_folder_out_of_the_root_is_refused(folder, outside):
    file = replace(TEST, source=replace(SOURCE, folder=outside))
    assert "leads outside data.root=" in failure(folder.parent, file)
