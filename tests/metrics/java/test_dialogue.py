from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bench.errors import MetricError
from bench.metrics.java.dialogue import JavaDialogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """Make a program that takes Java's place from the lines of a shell script."""

    def write(lines: str) -> str:
        path = tmp_path / "java"
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return str(path)

    return write


def test_questions_get_their_answers(script: Callable[[str], str]) -> None:
    """Several lines for one question, in UTF-8."""
    echo = script('while read line; do echo "$line 1"; echo "$line 2"; done')
    with JavaDialogue(echo, (), 10) as program:
        assert program.ask("é", 2) == ["é 1", "é 2"]
        assert program.ask("b", 2) == ["b 1", "b 2"]


def test_an_early_end_is_quoted(script: Callable[[str], str]) -> None:
    """The message has what the program wrote to its error output."""
    dies = script("read line; echo out of memory >&2; exit 3")
    with (
        JavaDialogue(dies, (), 10) as program,
        pytest.raises(MetricError, match=r"status 3 .out of memory."),
    ):
        program.ask("a")


def test_a_closed_input_is_an_early_end(script: Callable[[str], str]) -> None:
    """A program that never reads makes writing fail; the message is the same."""
    dies = script("echo no heap >&2; exit 1")
    with JavaDialogue(dies, (), 10) as program:
        for _ in range(2):
            with pytest.raises(MetricError, match=r"status 1 .no heap."):
                program.ask("a" * 1_000_000)


def test_silence_ends_in_time(script: Callable[[str], str]) -> None:
    """A program that does not answer is ended and named."""
    hangs = script("exec sleep 60")
    with (
        JavaDialogue(hangs, (), 0.3) as program,
        pytest.raises(MetricError, match="did not answer within"),
    ):
        program.ask("a")


def test_nothing_is_left_running(script: Callable[[str], str], tmp_path: Path) -> None:
    """The program has ended when the context has, and its parent knows."""
    waits = script(f"echo $$ > {tmp_path}/id; echo ready; exec sleep 60")
    program = JavaDialogue(waits, (), 10)
    with program:
        program.ask("a")
        number = int((tmp_path / "id").read_text())
        os.kill(number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_file_that_is_no_program_is_told(tmp_path: Path) -> None:
    """The system's own reason is quoted."""
    with pytest.raises(MetricError, match=r"does not start .No such file"):
        JavaDialogue(str(tmp_path / "absent"), (), 10)
