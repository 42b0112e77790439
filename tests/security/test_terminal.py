"""What strangers wrote is shown as it is spelled: no terminal acts on it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.list.__main__ import main as listed
from bench.printable import one_line, printable
from bench.report.__main__ import main as report
from bench.store.record import parse
from bench.summary import summary
from tests.security.hostile import CELL, put, values

SIGNS = "\x00\x07\x08\x1b\x7f\x9b\u200f\u202e\u2066\ud800"
"""Bell, backspace, escape, delete, CSI, directions of reading, half of a pair."""
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
RED = "\x1b]0;owned\x07\x1b[31mred\x9b2J\u202e"


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_is_spelled_out(sign: str) -> None:
    """As JSON would write it."""
    assert printable(f"a{sign}b") == f"a\\u{ord(sign):04x}b"
    assert json.loads(f'"{printable(sign)}"') == sign


def test_real_text_stays() -> None:
    """Letters of any script, mathematical signs, emoji; ends of lines and tabs where wanted."""
    text = "é ß 漢字 עברית ± ↑ π 🙂\tb\n"
    assert printable(text) == text
    assert one_line(" a\n\tb\x0bc \r\n") == "a b c"


def test_messages_of_errors() -> None:
    """Whatever a file's content put into them."""
    assert str(BenchError(f"x {RED}")) == ("x \\u001b]0;owned\\u0007\\u001b[31mred\\u009b2J\\u202e")


def test_lists_of_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fields of a record, and the reason why another one is left out, as table and as JSON."""
    put(tmp_path, values(data={"source": RED}, metrics={RED: 1.0}, cell={**CELL, "preset": RED}))
    put(tmp_path, values(status=RED), f"e2e/tiny/lora/{'f' * 16}.json")
    put(tmp_path, "{}", f"e2e/tiny/l\x1b[2Jora/{'e' * 16}.json")
    for words in ([], ["--json"]):
        assert listed(["runs", f"paths.results={tmp_path}", *words]) == 0
        out, error = capsys.readouterr()
        assert "owned" in out
        assert "red" in error
        assert not ACTS.search(out + error)
    assert json.loads(out)[0]["data"] == RED


def test_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that are left out are named without doing what they say."""
    put(tmp_path, values(status=RED))
    assert report([f"paths.results={tmp_path}"]) == 0
    out = capsys.readouterr().out
    assert "left out" in out
    assert "owned" in out
    assert not ACTS.search(out)


def test_the_summary_of_a_run() -> None:
    """A finished run that is skipped shows what its record says."""
    held = values(metrics={RED: 0.5, "BLEU": None}, unavailable={"BLEU": RED})
    text = summary(parse(json.dumps(held)))
    assert text.count("owned") == 2
    assert not ACTS.search(text)


def test_nothing_needs_a_terminal_of_utf_16(capsys: pytest.CaptureFixture[str]) -> None:
    """Half of a surrogate pair, which JSON can hold and no stream can be sent."""
    print(printable("\ud83d"), file=sys.stdout)
    assert capsys.readouterr().out == "\\ud83d\n"
