"""What a person may see where something cannot be used: one line, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bench.errors import BenchError
from bench.printable import printable

Result = TypeVar("Result")

LONGEST = 2000
"""Characters of a message; a value is shown shortened."""


def told(action: Callable[[], Result], kind: type[BenchError] = BenchError) -> Result | str:
    """What `action` returns, or the message of its error of this `kind`; others pass through."""
    try:
        return action()
    except kind as error:
        message = str(error)
        check_line(message)
        return message


def check_line(message: str) -> None:
    """Require one line that a terminal can show."""
    assert message.strip(), "an empty message tells nothing"
    assert len(message.splitlines()) == 1, f"more than a line: {message!r}"
    assert len(message) <= LONGEST, f"{len(message)} characters: {message[:200]!r}"
    assert message == printable(message), f"acts on a terminal: {message!r}"
