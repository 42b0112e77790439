"""Rows of any shape are examples, or a message that names the file and the line."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.config import Cell, DataConfig, cell_from
from bench.errors import DataError
from bench.material import Material, load_rows, prepare
from bench.registry import tasks
from bench.tasks.published import File
from tests.cells import compose_settings
from tests.fuzz.effort import cases
from tests.fuzz.places import changed, places, without
from tests.fuzz.told import told
from tests.fuzz.values import json_values, nested, texts

ROWS = 3
"""Rows of a file before one of them is changed."""

NAMES = sorted(tasks())


@cache
def cell_of(task: str) -> Cell:
    """A cell of a task, on whose rows nothing is trained here."""
    return cell_from(compose_settings("model=tiny_roberta", f"task={task}"))


@cache
def synthetic_rows(task: str) -> dict[str, list[Any]]:
    """A few rows of every file of a task."""
    made = cell_of(task).task
    files = [file for files in made.files.values() for file in files]
    return {file.name: made.synthetic(file)[:ROWS] for file in files}


@dataclass(frozen=True)
class Folder:
    """A `data.root` of a task's whole rows, of which one file is replaced."""

    task: str
    root: Path

    def files(self) -> list[File]:
        """Every file of the task."""
        return [file for files in cell_of(self.task).task.files.values() for file in files]

    def rows(self, file: File) -> list[Any]:
        """Rows as they should be."""
        return list(synthetic_rows(self.task)[file.name])

    def path(self, file: File) -> Path:
        """Where a file of rows is."""
        return self.root / file.source.folder / f"{file.local}.jsonl"

    def material(self, file: File, content: bytes) -> Material | str:
        """What a cell has with `content` in place of a file, or the message."""
        for one in self.files():
            self.path(one).parent.mkdir(parents=True, exist_ok=True)
            packed = self.path(one).with_suffix(".jsonl.gz")
            packed.unlink(missing_ok=True)
            self.path(one).write_bytes(lines(self.rows(one)))
        if content.startswith(b"\x1f\x8b"):
            self.path(file).unlink()
            packed = self.path(file).with_suffix(".jsonl.gz")
            packed.write_bytes(content)
        else:
            self.path(file).write_bytes(content)
        data = DataConfig(source="local", root=self.root, partial=True)
        cell = replace(cell_of(self.task), data=data)
        return told(lambda: prepare(cell, load_rows(cell)), DataError)


def lines(rows: list[Any]) -> bytes:
    """JSON Lines, with the escapes that JSON has for what UTF-8 has not."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@st.composite
def changed_rows(draw: st.DrawFn) -> tuple[str, int, int, Any]:
    """A task, the number of a file and of a row, and the row with any value, key or shape."""
    folder = Folder(draw(st.sampled_from(NAMES)), Path())
    index = draw(st.integers(0, len(folder.files()) - 1))
    number = draw(st.integers(0, ROWS - 1))
    row = folder.rows(folder.files()[index])[number]
    where = draw(st.sampled_from(list(places(row))))
    kind = draw(st.sampled_from(["value", "value", "without", "key", "row"]))
    new = None if kind == "without" else draw(json_values())
    made = {
        "value": lambda: changed(row, where, new),
        "without": lambda: without(row, where),
        "key": lambda: {**row, draw(texts()): new},
        "row": lambda: new,
    }[kind]()
    return folder.task, index, number, made


@cases(60, times=50)
@given(case=changed_rows())
@example(
    case=("dart", 0, 1, {"tripleset": [["a", "b"]], "annotations": {"text": [], "source": []}})
)
@example(case=("cola", 0, 2, {"sentence": "a", "label": -1}))
@example(case=("e2e", 0, 0, {"meaning_representation": "name", "human_reference": "a"}))
@example(case=("gsm8k", 0, 1, {"question": "a", "answer": "b"}))
def test_any_row(case: tuple[str, int, int, Any], tmp_path: Path) -> None:
    """Examples, or the file's path and the number of the line that is at fault."""
    task, index, number, row = case
    folder = Folder(task, tmp_path)
    file = folder.files()[index]
    rows = folder.rows(file)
    rows[number] = row
    found = folder.material(file, lines(rows))
    if isinstance(found, str):
        assert str(folder.path(file)) in found, found
        assert f"line {number + 1}" in found, found


def damages() -> st.SearchStrategy[bytes]:
    """What files of rows have been found to be, and any bytes."""
    good = lines([{"mr": "name[Alimentum]", "ref": "Alimentum", "human_reference": "a"}])
    packed = gzip.compress(good)
    odd = [
        b"", b"\n", b"\0", b"\xff\xfe", b"\xef\xbb\xbf" + good, good.replace(b"\n", b"\r\n"),
        good[:-1], good + b"\n\n", good.replace(b"name", b"\xc3("), packed, packed[:-9],
        packed[: len(packed) // 2], b"\x1f\x8b" + b"x" * 40, packed + b"rest", b'{"mr": NaN}\n',
        b'{"mr": "a", "mr": 3}\n', b"[" * 100_000, (b'{"a":' * 5000) + b"1" + b"}" * 5000,
        b'{"mr": ' + b"9" * 5000 + b"}\n", b'{"mr": "' + b"a" * 2_000_000 + b'"}\n',
        json.dumps(nested(200)).encode(), good.decode().encode("utf-16"), b"null\n", b"{}\n",
    ]  # fmt: skip
    return st.sampled_from(odd) | st.binary(max_size=40)


@cases(30, times=30)
@given(task=st.sampled_from(NAMES), index=st.integers(0, 9), content=damages())
def test_any_file(task: str, index: int, content: bytes, tmp_path: Path) -> None:
    """Examples, or a message that names the file."""
    folder = Folder(task, tmp_path)
    file = folder.files()[index % len(folder.files())]
    found = folder.material(file, content)
    if isinstance(found, str):
        assert str(folder.path(file)) in found, found


@pytest.mark.parametrize("task", NAMES)
def test_rows_as_they_should_be(task: str, tmp_path: Path) -> None:
    """What is changed above are rows that can be used as they are."""
    folder = Folder(task, tmp_path)
    file = folder.files()[0]
    assert isinstance(folder.material(file, lines(folder.rows(file))), Material)
