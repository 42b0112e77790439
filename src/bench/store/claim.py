"""A run is worked on by one process, of all those that share its folder.

    claim.json      who works on it; its time is that of the owner's last sign of life

An owner of this host that is dead loses its claim at once; one of another host when it gave
no sign of life for two minutes by the file server's clock. A claim only saves work: what a
run writes is whole, the same whoever writes it, and the first finished record stays. So a
run that is made twice, because an owner was stopped for long and woke up, does no harm.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import ClaimedError, ClaimLostError, StoreError
from bench.store.clock import folder_now
from bench.store.files import remove_temporary, write_atomic
from bench.store.guard import guarded
from bench.store.owner import Owner, parse_owner, this_process

FILE = "claim.json"
GUARD = ".claim.lock"

BEAT = 10.0
"""Seconds between two signs of life."""

SILENCE = 120.0
"""Seconds without one after which an owner on another host counts as dead."""


class Claim:
    """The claim of this process to a run, while it is held."""

    def __init__(self, folder: Path, owner: Owner) -> None:
        self._folder = folder
        self._owner = owner
        self._looked = time.monotonic()

    def alive(self) -> None:
        """Check at most once in a while: for loops, which ask at every round."""
        if time.monotonic() - self._looked > BEAT:
            self.check()

    def check(self) -> None:
        """Raise a ClaimLostError where another process took the run over."""
        self._looked = time.monotonic()
        held = _read(self._folder)
        if held is not None and held[0].token != self._owner.token:
            raise ClaimLostError(
                f"{self._folder.name}: taken over by {held[0]}, as this process gave no sign of "
                "life; that one goes on from what is in the run's folder"
            )

    def beat(self) -> None:
        """Give a sign of life, unless the claim is another's or was removed."""
        held = _read(self._folder)
        if held is not None and held[0].token == self._owner.token:
            os.utime(self._folder / FILE)

    def release(self) -> None:
        """Let others claim the run."""
        with guarded(self._folder / GUARD):
            held = _read(self._folder)
            if held is not None and held[0].token == self._owner.token:
                (self._folder / FILE).unlink(missing_ok=True)


@contextmanager
def claimed(folder: Path, *, beat: float = BEAT, silence: float = SILENCE) -> Iterator[Claim]:
    """Claim the run in `folder` until the block ends.

    A ClaimedError names the owner where another living process works on it.
    """
    owner = this_process()
    with guarded(folder / GUARD):
        if (other := holder(folder, silence)) is not None:
            raise ClaimedError(
                f"{folder.name}: {other} works on it; the same command, later, finds it finished "
                "or goes on from there"
            )
        remove_temporary(folder, FILE)
        write_atomic(folder / FILE, owner.to_json())
    claim = Claim(folder, owner)
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(claim, ended, beat), daemon=True)
    thread.start()
    try:
        yield claim
    finally:
        ended.set()
        thread.join()
        claim.release()


def holder(folder: Path, silence: float = SILENCE) -> Owner | None:
    """The living process that works on the run in `folder`."""
    held = _read(folder)
    if held is None:
        return None
    owner, seen = held
    dead = owner.gone if owner.here else folder_now(folder) - seen > silence
    return None if dead else owner


def left_behind(folder: Path, since: float = 0.0) -> bool:
    """Whether a process died over the run in `folder` after `since`: its claim is still there."""
    held = _read(folder)
    return held is not None and held[1] >= since and holder(folder) is None


def _read(folder: Path) -> tuple[Owner, float] | None:
    """The owner of a claim and its last sign of life; None where there is no whole claim.

    The file is opened for its time, as an NFS client asks its server then.
    """
    try:
        with (folder / FILE).open(encoding="utf-8", errors="replace") as file:
            owner, seen = parse_owner(file.read()), os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{folder / FILE}: cannot be read ({error.strerror})") from error
    return None if owner is None else (owner, seen)


def _beat(claim: Claim, ended: threading.Event, every: float) -> None:
    while not ended.wait(every):
        try:
            claim.beat()
        except (OSError, StoreError):
            # A file server that is away for a moment ends no run; the next beat may pass.
            continue
