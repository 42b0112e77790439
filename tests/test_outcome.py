"""Every end of a command has its exit code."""

from __future__ import annotations

import pytest

from bench.errors import (
    BenchError,
    ClaimedError,
    ClaimLostError,
    ConfigError,
    DataError,
    DivergedError,
    HangError,
    ModelError,
    NotReadyError,
    StoreError,
    TimeLimitError,
)
from bench.outcome import exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), 2),
        (DataError("x"), 2),
        (ModelError("x"), 2),
        (StoreError("x"), 2),
        (DivergedError("x"), 1),
        (HangError("x"), 1),
        (ClaimedError("x"), 3),
        (ClaimLostError("x"), 3),
        (NotReadyError("x"), 3),
        (TimeLimitError("x"), 3),
        (KeyboardInterrupt(), 130),
        (KeyboardInterrupt("SIGTERM"), 143),
    ],
)
def test_exit_codes(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """As the docstring of the command tells them, each with one line."""
    assert exit_code(error) == code
    said = capsys.readouterr().err
    assert said.startswith("bench: ")
    assert said.count("\n") == 1
    assert not isinstance(error, BenchError) or said == "bench: x\n"


def test_a_fault_of_the_harness_shows_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """Unless a record keeps it: then one line says which."""
    error = RuntimeError("first line\nsecond")
    assert exit_code(error) == 1
    assert "second" in capsys.readouterr().err
    error.add_note("record: results/x.json")
    assert exit_code(error) == 1
    said = capsys.readouterr().err
    assert said == "bench: RuntimeError: first line (traceback in the record: results/x.json)\n"
