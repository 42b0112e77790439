"""Whatever is typed behind `python -m bench`, one line and an exit code are the answer."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.cells import compose_settings
from tests.fuzz.effort import cases
from tests.fuzz.places import places
from tests.fuzz.told import check_line
from tests.fuzz.values import scalars

WRITTEN = ("paths", "hydra")
"""Sections that say where files are made: those of the tests stay in their own folder."""


@cache
def keys() -> list[str]:
    """Dotted keys of the default configuration."""
    found = places(compose_settings())
    dotted = [".".join(map(str, place)) for place in found if place[0] not in WRITTEN]
    return [*dotted, "model", "method", "preset", "logging", "nothing", "train.nothing"]


def words() -> st.SearchStrategy[str]:
    """One word of a command line: a setting with any value, or any word at all."""
    value = (scalars().map(str) | st.sampled_from(["[", "{a:1}", "[1,[2]]", "a,b", "'", "${x}"])
             ).filter(sayable)  # fmt: skip
    sign = st.sampled_from(["", "", "", "+", "++", "~"])
    parts = (sign, st.deferred(any_key), st.just("="), value)
    return st.tuples(*parts).map("".join) | value


def any_key() -> st.SearchStrategy[str]:
    """A dotted key."""
    return st.sampled_from(keys())


def sayable(text: str) -> bool:
    """Whether a shell can hand over a word, and the word starts nothing but a cell."""
    options = text.startswith("-")
    return "\0" not in text and not options and not text.startswith(WRITTEN)


def check_answer(code: int, said: str) -> None:
    """Require the exit code of wrong settings or data, and one line that gives the reason."""
    assert "Traceback" not in said
    assert code == 2, (code, said)
    assert said.startswith("bench: "), said
    check_line(said.removesuffix("\n"))


@cases(15, times=60)
@given(words=st.lists(words(), min_size=1, max_size=3))
@example(words=["train.steps=9" + "9" * 5000])
@example(words=["method.update=[null]"])
@example(words=["task=null"])
@example(words=["+method=3"])
@example(words=["~method"])
def test_any_words(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Exit code 2, as there are no rows; one line on stderr, and nothing is written."""
    code = typed([*words, *safely(tmp_path)], monkeypatch)
    check_answer(code, capsys.readouterr().err)
    assert not list(tmp_path.glob("*/*"))


def typed(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a command line, in this process."""
    from hydra.core.global_hydra import GlobalHydra

    from bench.__main__ import main

    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["bench", *words])
        try:
            return main()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 1
        finally:
            GlobalHydra.instance().clear()


def safely(folder: Path) -> list[str]:
    """Settings behind which nothing can be trained and nothing is written elsewhere."""
    places = [f"paths.{name}={folder / name}" for name in ("results", "runs")]
    return [*places, "data=local", f"data.root={folder / 'none'}", "model=tiny_llama"]


@pytest.mark.parametrize("words", [["train.steps=\x1b[31m\n"], ["seed=0", "method=\U0001f600"]])
def test_words_in_a_process_of_their_own(words: list[str], tmp_path: Path) -> None:
    """The same of the real command."""
    found: Any = subprocess.run(
        [sys.executable, "-m", "bench", *words, *safely(tmp_path)],
        capture_output=True, text=True, env=os.environ, check=False,
    )  # fmt: skip
    check_answer(found.returncode, found.stderr)
