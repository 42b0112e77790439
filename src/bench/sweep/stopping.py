"""Ctrl-C and SIGTERM while workers of a launcher make the cells: they end behind a checkpoint.

A launcher that is interrupted kills its workers. So the first signal is kept from it: the
workers get it, where the terminal did not send it to them already, and no further cell starts.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psutil

from bench.interruption import SIGNALS, raise_for
from bench.store.claim import holder
from bench.store.place import Place


class Stopping:
    """Watches for signals while a launcher runs; `mark` is a file that tells its workers."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark
        self._places: Sequence[Place] = ()
        self._signal: signal.Signals | None = None

    @contextmanager
    def watching(self, places: Sequence[Place]) -> Iterator[None]:
        """Receive signals while the cells of these places run; raise them behind the block."""
        self._places = places
        before = {number: signal.signal(number, self._receive) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self.mark.unlink(missing_ok=True)
        if self._signal is not None:
            raise_for(self._signal)

    def _receive(self, number: int, _: FrameType | None) -> None:
        workers = self._workers()
        if self._signal is not None or not workers:
            raise_for(signal.Signals(number))
        self._signal = signal.Signals(number)
        self.mark.touch()
        print(
            f"bench: {self._signal.name}: {len(workers)} running cells stop behind their next "
            "step; once more to stop at once",
            file=sys.stderr,
        )
        for worker in workers:
            # A terminal sends Ctrl-C to the whole group by itself.
            if number != signal.SIGINT or os.getpgid(worker) != os.getpgrp():
                os.kill(worker, signal.SIGTERM)

    def _workers(self) -> list[int]:
        """The processes below this one that work on a cell."""
        children = {process.pid for process in psutil.Process().children(recursive=True)}
        owners = [holder(place.folder.path) for place in self._places]
        return [owner.pid for owner in owners if owner and owner.here and owner.pid in children]
