"""The cache of tokens: equal lines, hit by equal input only, and never in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.models.tokenizer import byte_tokenizer
from bench.training.label import LabelLine
from bench.training.text import TextLine
from bench.training.token_cache import fingerprint, packed, recalled, unpacked

TEXTS = [TextLine((5, 6, 7), 1), TextLine((70_000,), 0), TextLine((), 2)]
PAIRS = [LabelLine((1, 2), (0, 1), 1.0), LabelLine((3,), (0,), 4.2)]
SINGLE = [LabelLine((1, 2), None, 0.0)]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    return tmp_path / "tokens"


@pytest.mark.parametrize("lines", [TEXTS, PAIRS, SINGLE, []])
def test_lines_survive_the_round_trip(lines: list[Any]) -> None:
    """Every field, to the digit, of lines with and without segments."""
    kind = type(lines[0]) if lines else TextLine
    assert unpacked(kind, packed(lines)) == lines


def test_equal_input_is_made_once(cache: Path) -> None:
    """The second time nothing is made; another input is another file."""
    assert recalled(TextLine, ["a", 1], lambda: TEXTS) == TEXTS
    assert recalled(TextLine, ["a", 1], lambda: pytest.fail("made again")) == TEXTS
    assert recalled(TextLine, ["a", 2], lambda: TEXTS[:1]) == TEXTS[:1]
    assert len(list(cache.iterdir())) == 2


def test_a_damaged_file_is_made_again(cache: Path) -> None:
    """Half a file, as of a full disk, is replaced."""
    recalled(TextLine, "a", lambda: TEXTS)
    (path,) = cache.iterdir()
    path.write_bytes(path.read_bytes()[:20])
    assert recalled(TextLine, "a", lambda: TEXTS) == TEXTS
    assert recalled(TextLine, "a", lambda: pytest.fail("made again")) == TEXTS


def test_a_cache_that_cannot_be_written_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "tokens").touch()
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    assert recalled(TextLine, "a", lambda: TEXTS) == TEXTS


def test_a_tokenizer_is_known_by_what_it_does() -> None:
    """The same one twice is the same; one that frames its inputs is another."""
    plain, same, framing = (
        fingerprint(byte_tokenizer(pairs=pairs)) for pairs in (False, False, True)
    )
    assert plain == same != framing
