"""A process that judges one answer at a time, and is replaced when an answer ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from typing import IO, TYPE_CHECKING, Self

from bench.errors import MetricError
from bench.metrics.maths.worker import LOADED, RIGHT

if TYPE_CHECKING:
    from types import TracebackType


class MathProcess:
    """A `bench.metrics.maths.worker`, started when it is first asked; a context manager."""

    def __init__(self, seconds: float) -> None:
        """`seconds` of processor time are what one answer may cost."""
        self._seconds = seconds
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        self._process: subprocess.Popen[bytes] | None = None
        self._loaded = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
        self._errors.close()

    @property
    def identity(self) -> int | None:
        """The number that the system gave the process; None while there is none."""
        return self._process.pid if self._process else None

    def fileno(self) -> int:
        """What a selector waits for once a question was asked."""
        return self._output.fileno()

    def ask(self, kind: str, gold: str, text: str) -> None:
        """Send a question; the last one must have been answered."""
        if self._process is None:
            self._process, self._loaded = self._start(), False
        line = json.dumps([kind, gold, text]).encode("ascii")
        # One that has ended cannot be written to: then `answer` finds its output at an end.
        with suppress(BrokenPipeError):
            self._input.write(line + b"\n")
            self._input.flush()

    def answer(self) -> bool | None:
        """Wait for what it says: the verdict, or None for having loaded, which comes first.

        A question that ended the process has the verdict False. Raises a MetricError where it
        ended before it had loaded.
        """
        line = self._output.readline().decode("ascii")
        if not line:
            status = self._end()
            if not self._loaded:
                raise MetricError(self._not_loaded(status))
            return False
        if line == f"{LOADED}\n":
            self._loaded = True
            return None
        return line == f"{RIGHT}\n"

    @property
    def _input(self) -> IO[bytes]:
        return _pipe(self._process.stdin if self._process else None)

    @property
    def _output(self) -> IO[bytes]:
        return _pipe(self._process.stdout if self._process else None)

    def _start(self) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-P", "-m", "bench.metrics.maths.worker", str(self._seconds)]
        # Some orders of terms in sympy follow the hashes of names.
        variables = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": "0"}
        return subprocess.Popen(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | variables,
        )

    def _end(self) -> int:
        """Its exit status, after ending it where it has not ended by itself."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.kill()
        process.communicate()
        return process.returncode

    def _not_loaded(self, status: int) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1] if lines else "no message"
        return f"math-verify did not load (status {status}): {reason}; reinstall the package bench"


def first_ready(processes: Iterable[MathProcess]) -> list[MathProcess]:
    """Wait until one or more of the processes have answered or ended."""
    with DefaultSelector() as selector:
        for process in processes:
            selector.register(process.fileno(), EVENT_READ, process)
        return [key.data for key, _ in selector.select()]


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise MetricError("math-verify: started without pipes")
    return pipe
