"""Files of predictions of any content are scored, or refused in one line that names the line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.registry import tasks
from bench.score import main
from bench.tasks.items import AnswerItem, LabelItem, TextItem
from tests.fuzz.effort import SOAK, cases
from tests.fuzz.told import check_line
from tests.fuzz.values import ODD_TEXTS, json_values, texts

QUICK = ("e2e", "dart", "webnlg", "cola", "stsb", "mnli", "qqp")
MATHS = ("gsm8k", "math", "metamath")
"""Tasks whose scoring starts processes of its own."""

ITEM = re.compile(r"(item|prediction|label) \d")
"""How messages name what is wrong with a line that can be read."""

GOOD: dict[type, dict[str, Any]] = {
    TextItem: {"prediction": "a b", "references": ["a b", "c"]},
    LabelItem: {"prediction": 1, "label": 0},
    AnswerItem: {"prediction": "The answer is: 3", "answer": "#### 3", "subsets": ["gsm8k"]},
}

FORMULAS = (
    r"\boxed{", r"\boxed{}}", r"\boxed{\frac{1}{0}}", r"The answer is: \boxed{10^{10^{10}}}",
    r"\boxed{9^{9^{9^9}}}", "The answer is: 1e999999999", r"\boxed{\sqrt{-1}}", "#### ",
    r"\boxed{" * 50 + "1" + "}" * 50, r"\boxed{x" + "^x" * 200 + "}", "The answer is: 0/0",
    r"\boxed{\begin{pmatrix} 1 \\ 2}", r"\boxed{factorial(99999999)}", r"\boxed{99999999!}",
)  # fmt: skip


@pytest.fixture(autouse=True)
def without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """METEOR takes seconds to load; test_texts_through_java has it."""
    monkeypatch.setenv("BENCH_JAVA", "/nonexistent/java")


@st.composite
def files(draw: st.DrawFn, names: Sequence[str]) -> tuple[str, bytes]:
    """A task, and lines for it of which most are nearly right."""
    task = draw(st.sampled_from(names))
    good = GOOD[tasks()[task].item]
    values = st.sampled_from(FORMULAS) | texts() | json_values()

    def line() -> bytes:
        kind = draw(st.sampled_from(["value", "value", "value", "row", "bytes"]))
        if kind == "bytes":
            return draw(st.binary(max_size=30)).replace(b"\n", b"")
        if kind == "row":
            return json.dumps(draw(json_values())).encode()
        key = draw(st.sampled_from([*good, "subsets", "context"]))
        value = draw(st.lists(values, max_size=2) if key == "references" else values)
        return json.dumps({**good, key: value}).encode()

    ends = draw(st.sampled_from([b"\n", b"\r\n"]))
    return task, ends.join(line() for _ in range(draw(st.integers(0, 3))))


def check_scored(task: str, content: bytes, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Scores as JSON, or exit code 2 and one line that names the file, a line or an item."""
    file.write_bytes(content)
    code = main([task, str(file), "--json"])
    said = capsys.readouterr()
    if code == 0:
        assert json.loads(said.out)["task"] == task
        return
    assert code == 2
    check_line(said.err.removesuffix("\n"))
    assert str(file) in said.err or ITEM.search(said.err), said.err


@cases(40)
@given(case=files(QUICK))
@example(case=("dart", b'{"prediction": "a", "references": ["a"], "subsets": ["", ""]}'))
@example(case=("stsb", b'{"prediction": NaN, "label": 1e999}'))
def test_any_lines(
    case: tuple[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of tasks with texts and with labels."""
    check_scored(*case, tmp_path / "predictions.jsonl", capsys)


@cases(5, times=20)
@given(case=files(MATHS))
@example(case=("gsm8k", b'{"prediction": "The answer is: 3", "answer": "three"}'))
def test_any_answers(
    case: tuple[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of tasks with formulas, which may be of any size."""
    check_scored(*case, tmp_path / "predictions.jsonl", capsys)


@pytest.mark.skipif(not SOAK, reason="Java takes ten seconds; BENCH_SOAK=1 runs it")
@pytest.mark.parametrize("task", ["e2e", "webnlg"])
def test_texts_through_java(
    task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Odd texts on both sides: every metric is a number or absent for a reason."""
    monkeypatch.delenv("BENCH_JAVA")
    file = tmp_path / "predictions.jsonl"
    rows = [{"prediction": text, "references": ["a b", text]} for text in (*ODD_TEXTS, *FORMULAS)]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    check_scored(task, content, file, capsys)
