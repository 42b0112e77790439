"""Ends a process whose run hangs, where nothing else can: in a driver, a network, a C library.

A thread watches for signs of life. Where none came for too long, it hands over a HangError
that says where the main thread stands, and ends the process at once: a thread that hangs in
C code cannot be asked.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.errors import HangError

LOOKS = 60
"""Looks of the watchdog in the time that a run may be silent."""


class Watchdog:
    """Watches one run of the thread that makes it, inside `watching`."""

    def __init__(
        self,
        minutes: float | None,
        report: Callable[[HangError], None],
        end: Callable[[int], None] = os._exit,
    ) -> None:
        self._minutes = minutes
        self._report = report
        self._end = end
        self._watched = threading.get_ident()
        self._signs = 0
        self._ended = threading.Event()

    def sign(self) -> None:
        """Tell that work goes on."""
        self._signs += 1

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch until the block ends; without a limit there is nothing to watch."""
        if self._minutes is None:
            yield
            return
        thread = threading.Thread(target=self._watch, args=(60 * self._minutes,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _watch(self, limit: float) -> None:
        """Count silence in looks: a process that was stopped as a whole did not hang."""
        between = limit / LOOKS
        silent, signs, last = 0, self._signs, time.time()
        while not self._ended.wait(between):
            if self._signs != signs:
                silent, signs, last = 0, self._signs, time.time()
                continue
            silent += 1
            if silent >= LOOKS:
                self._hung(last)
                return

    def _hung(self, last: float) -> None:
        error = HangError(
            f"no sign of life since {time.strftime('%H:%M:%S', time.localtime(last))}, longer than "
            f"hang_minutes={self._minutes:g}; the same command goes on from what is kept"
        )
        frame = sys._current_frames().get(self._watched)
        stack = "".join(traceback.format_stack(frame)) if frame else "unknown"
        error.add_note(f"the run stood at:\n{stack.rstrip()}")
        try:
            self._report(error)
        except Exception:  # noqa: BLE001  (the process ends all the same)
            traceback.print_exc()
        self._end(1)
