"""A short lock around reading, deciding and writing, among processes that share a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bench.errors import StoreError
from bench.store.files import unwritable

PATIENCE = 60.0
"""Seconds to wait for a lock that is held for milliseconds, unless a disk is stuck."""


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, which stays behind; it frees itself where its holder dies."""
    lock = FileLock(path, timeout=PATIENCE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise StoreError(
            f"{path}: held by another process for {PATIENCE:.0f} s; end that one if it hangs"
        ) from None
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        yield
    finally:
        lock.release()
