"""A Java program that keeps running and answers lines with lines."""

from __future__ import annotations

import subprocess
import tempfile
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING, Self

from bench.errors import MetricError
from bench.metrics.java.program import ADVICE, OPTIONS, not_started, stopped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType


class JavaDialogue:
    """A running Java program that answers lines with lines; a context manager.

    It starts at once and loads in the background until it is first asked.
    """

    def __init__(self, java: str, arguments: Sequence[str], seconds: float) -> None:
        """Start it; each question is answered within `seconds`, or a MetricError raised."""
        self._java = java
        self._seconds = seconds
        # A file, not a pipe: nobody reads it while the program runs, and a pipe fills up.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        try:
            self._process = subprocess.Popen(
                [java, *OPTIONS, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )
        except OSError as error:
            self._errors.close()
            raise MetricError(not_started(java, error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # It has no state to save, and one that hangs would not end by itself.
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def ask(self, question: str, answers: int = 1) -> list[str]:
        """Send one line and return the next `answers` lines, without their ends."""
        started = monotonic()
        watchdog = Timer(self._seconds, self._process.kill)
        watchdog.start()
        try:
            lines = self._exchange(question, answers)
        finally:
            watchdog.cancel()
        if all(lines):
            return [line.decode("utf-8", "replace").rstrip("\r\n") for line in lines]
        if monotonic() - started >= self._seconds:
            raise MetricError(f"{self._java} did not answer within {self._seconds:.0f} s; {ADVICE}")
        status = self._process.wait()
        self._errors.seek(0)
        raise MetricError(stopped(self._java, status, self._errors.read()))

    def _exchange(self, question: str, answers: int) -> list[bytes]:
        """Write and read; an empty answer says that the program has ended."""
        writer, reader = self._process.stdin, self._process.stdout
        if writer is None or reader is None:
            raise MetricError(f"{self._java}: started without pipes")
        try:
            writer.write(question.encode("utf-8", "replace") + b"\n")
            writer.flush()
        except BrokenPipeError:
            return [b""]
        return [reader.readline() for _ in range(answers)]
