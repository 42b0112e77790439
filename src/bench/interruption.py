"""What asks a run to stop before its end: Ctrl-C, SIGTERM as schedulers send it, a time limit.

Inside `deferred` a signal waits for the next look, so that a step ends and a checkpoint is
written; the same signal again, or one outside, stops at once. Either way what is on disk is
whole, and the same command goes on from it.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from bench.errors import TimeLimitError

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Watches for what asks one run to stop, from `watched` on."""

    def __init__(
        self, minutes: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._minutes = minutes
        self._clock = clock
        self._began = clock()
        self._deferring = False
        self._signal: signal.Signals | None = None

    @property
    def wanted(self) -> bool:
        """Whether the run should stop at the next good moment."""
        return self._signal is not None or self._overdue

    @property
    def _overdue(self) -> bool:
        return self._minutes is not None and self._clock() - self._began > 60 * self._minutes

    def look(self) -> None:
        """Stop here if that was asked: KeyboardInterrupt for a signal, else TimeLimitError."""
        if self._signal is not None:
            raise_for(self._signal)
        if self._overdue:
            raise TimeLimitError(
                f"time_limit={self._minutes:g}: reached after as many minutes; the same command "
                "goes on from the last checkpoint"
            )

    @contextmanager
    def watched(self) -> Iterator[Interruption]:
        """Receive the signals of this process until the block ends; the main thread alone can."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = {number: signal.signal(number, self._receive) for number in SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let the first signal wait for `look`."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False

    def _receive(self, number: int, _: FrameType | None) -> Any:
        if not self._deferring or self._signal is not None:
            raise_for(signal.Signals(number))
        self._signal = signal.Signals(number)
        print(
            f"bench: {self._signal.name}: stopping behind this step; once more to stop at once",
            file=sys.stderr,
        )


def raise_for(number: signal.Signals) -> None:
    """Raise what a signal means: a KeyboardInterrupt that names any but Ctrl-C."""
    raise KeyboardInterrupt(*([] if number == signal.SIGINT else [number.name]))
