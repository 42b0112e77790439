"""Files of strangers are bounded: in bytes, rows, lines, depth and numbers of values."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from bench.config import DataConfig
from bench.errors import ConfigError, DataError, StoreError
from bench.recording import LONGEST, recording
from bench.score import read_items
from bench.store import bounds
from bench.store.bounds import check_shape, read_bounded
from bench.store.plain import parse_json, parse_yaml, read_yaml
from bench.store.record import parse
from bench.store.store import Store
from bench.tasks import local
from bench.tasks.e2e import E2E
from bench.tasks.items import TextItem
from tests.security.hostile import put, values

(FILE,) = E2E.files["test"]
LINE = json.dumps({"meaning_representation": "name[Cotto]", "human_reference": "Cotto."}) + "\n"


def test_limits_are_far_above_real_use() -> None:
    """MetaMathQA has 395,000 rows in 400 MB; the largest committed record has some 20 KB."""
    assert bounds.DATA_ROWS > 4 * 395_000
    assert bounds.DATA_BYTES > 4 * 400_000_000
    results = Path(__file__).parents[2] / "results"
    largest = max(path.stat().st_size for path in Store(results).paths())
    assert 100 * largest < bounds.RECORD_BYTES
    conf = results.parent / "conf"
    assert 10 * max(path.stat().st_size for path in conf.rglob("*.yaml")) < bounds.SETTINGS_BYTES


def test_a_file_up_to_the_limit(tmp_path: Path) -> None:
    """As many bytes as are allowed, and one more."""
    path = tmp_path / "a"
    path.write_bytes(b"abcd")
    assert read_bounded(path, 4) == "abcd"
    with pytest.raises(StoreError, match=r"a: 4 bytes; 3 are allowed"):
        read_bounded(path, 3)


def test_a_record_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of 1 TB, of which no block is on disk, is named; the other records are read."""
    good = put(tmp_path, values())
    bad = good.with_name("f" * 16 + ".json")
    with bad.open("wb") as file:
        file.truncate(1 << 40)
    records, (damaged,) = Store(tmp_path).read()
    assert len(records) == 1
    assert damaged.path == bad
    assert f"{1 << 40:,} bytes; {bounds.RECORD_BYTES:,} are allowed" in damaged.reason


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are Unix's")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A record that is a named pipe would never end."""
    good = put(tmp_path, values())
    os.mkfifo(good.with_name("f" * 16 + ".json"))
    records, (damaged,) = Store(tmp_path).read()
    assert len(records) == 1
    assert "not a regular file" in damaged.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "nested"),
        ('{"a":' * 100_000, "nested"),
        ("[" * 65 + "]" * 65, "nested more than 64 deep"),
        (f"[{'0,' * 1_000_000}0]", "more than 1,000,000 values"),
        ("NaN", "NaN is no number"),
        ('{"a": [-Infinity]}', "-Infinity is no number"),
        ("1" * 5000, "digits"),
    ],
)
def test_json_beyond_bounds(text: str, reason: str) -> None:
    """Depth and number of values, and numbers that JSON does not have."""
    with pytest.raises(ValueError, match=reason):
        parse_json(text)


def test_json_within_bounds() -> None:
    """As deep as is allowed."""
    assert parse_json('{"a": [1, 2.5, null, "ä"]}') == {"a": [1, 2.5, None, "ä"]}
    parse_json("[" * 64 + "]" * 64)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"metrics": {"BLEU": 1e999}}, "Infinity|metrics.BLEU=inf is not a finite number"),
        ({"metrics": {"BLEU": 10**400}}, r"metrics\.BLEU=10+\.\.\. is not a finite number"),
        ({"metrics": {"BLEU": True}}, "is not a finite number"),
        ({"memory": {"rss_peak": "x"}}, r"memory\.rss_peak=x is not a finite number"),
        ({"history": 7}, "history is not a list of mappings"),
        ({"history": [7]}, "history is not a list of mappings"),
        ({"unavailable": []}, "unavailable is not a mapping"),
        ({"provenance": None}, "provenance is not a mapping"),
        ({"error": "x"}, "error is not a mapping"),
        ({"artifacts": {"adapter": {"path": "0123456789abcdef/a"}}}, "has no sha256"),
    ],
)
def test_sections_of_another_kind(changes: dict[str, object], reason: str) -> None:
    """A record whose sections are no sections is refused as a whole."""
    with pytest.raises(StoreError, match=reason):
        parse(json.dumps(values(**changes)))


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
"""Ten thousand million values in half a kilobyte."""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LAUGHS, "more than 1,000,000 values"),
        ("&a [*a]", "nested more than 64 deep"),
        ("[" * 5000, "nested"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("a: b: c", "mapping values are not allowed"),
    ],
)
def test_yaml_beyond_bounds(text: str, reason: str, tmp_path: Path) -> None:
    """Names that multiply or name themselves, depth, and objects of Python."""
    with pytest.raises(ValueError, match=reason):
        parse_yaml(text)
    path = tmp_path / "table.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"table\.yaml: not YAML") as raised:
        read_yaml(path)
    assert "\n" not in str(raised.value)


def test_a_yaml_file_of_many_bytes(tmp_path: Path) -> None:
    """Named with its size and the limit."""
    path = tmp_path / "table.yaml"
    path.write_text("a: 1\n" + "#" * bounds.SETTINGS_BYTES)
    with pytest.raises(ConfigError, match=r"table.yaml: 262,149 bytes; 262,144 are allowed"):
        read_yaml(path)


def test_shapes_of_every_kind() -> None:
    """Texts are one value each, keys count with their values."""
    check_shape({"a": "x" * 10_000_000})
    with pytest.raises(ValueError, match="values"):
        check_shape([{"a": 0}] * 500_000)


@pytest.fixture
def data(tmp_path: Path) -> DataConfig:
    """A data folder without rows."""
    (tmp_path / FILE.source.folder).mkdir()
    return DataConfig(source="local", root=tmp_path, partial=True)


def rows_of(data: DataConfig, content: bytes) -> list[object]:
    """What is read where `content` is the compressed file of rows."""
    assert data.root is not None
    path = data.root / FILE.source.folder / f"{FILE.local}.jsonl.gz"
    path.write_bytes(content)
    return list(local.read(FILE, data)[1])


def test_a_bomb_of_one_line(data: DataConfig) -> None:
    """A gigabyte of blanks in a megabyte: refused after the first one is decompressed."""
    bomb = gzip.compress(b" " * (8 * bounds.DATA_LINE_BYTES))
    assert len(bomb) < 20_000
    with pytest.raises(DataError, match=r"line 1: longer than 1048576 bytes"):
        rows_of(data, bomb)


def test_a_bomb_of_many_lines(data: DataConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are counted as they are decompressed, and reading stops there."""
    monkeypatch.setattr(bounds, "DATA_BYTES", 10 * len(LINE))
    assert len(rows_of(data, gzip.compress(LINE.encode() * 10))) == 10
    opened = gzip.open
    read: list[int] = []

    def counting(*given: object) -> object:
        file = opened(*given)  # type: ignore[call-overload]
        readline = file.readline
        file.readline = lambda size: read.append(1) or readline(size)
        return file

    monkeypatch.setattr(gzip, "open", counting)
    with pytest.raises(DataError, match=r"more than .* bytes, decompressed"):
        rows_of(data, gzip.compress(LINE.encode() * 100_000))
    assert len(read) == 11


def test_too_many_rows(data: DataConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many rows as are allowed, and one more."""
    monkeypatch.setattr(bounds, "DATA_ROWS", 5)
    assert len(rows_of(data, gzip.compress(LINE.encode() * 5))) == 5
    with pytest.raises(DataError, match="more than 5 rows"):
        rows_of(data, gzip.compress(LINE.encode() * 6))


def test_predictions_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines, bytes and rows of what `python -m bench.score` is given, read one by one."""
    path = tmp_path / "predictions.jsonl"
    line = json.dumps({"prediction": "a", "references": ["b"]}) + "\n"
    path.write_text(line * 4)
    assert len(read_items(path, TextItem)) == 4
    monkeypatch.setattr(bounds, "DATA_ROWS", 3)
    with pytest.raises(DataError, match="more than"):
        read_items(path, TextItem)
    monkeypatch.setattr(bounds, "DATA_ROWS", 100)
    monkeypatch.setattr(bounds, "PREDICTIONS_BYTES", 3 * len(line))
    with pytest.raises(DataError, match="more than"):
        read_items(path, TextItem)
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DataError, match=r":1: longer than 131,072 bytes"):
        read_items(path, TextItem)


def test_an_error_without_end(tmp_path: Path) -> None:
    """Whatever an error tells, the record of it stays small enough to be read again."""
    record = parse(json.dumps(values(status="interrupted")))

    def fail() -> None:
        raise RuntimeError("x" * (2 * bounds.RECORD_BYTES))

    with pytest.raises(RuntimeError), recording(Store(tmp_path), record):
        fail()
    (held,), damaged = Store(tmp_path).read()
    assert damaged == []
    assert held.status == "failed"
    assert held.error is not None
    assert held.error["type"] == "RuntimeError"
    assert len(held.error["message"]) == LONGEST
