"""Who works on a run, and whether that process still lives, as far as this host can tell."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

SAME_START = 2.0
"""Seconds between two readings of one process's start: the kernel counts it from a boot time
that moves a little when the clock is set."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The process that works on a run."""

    host: str
    machine: str
    """Boot and process namespace: a process number means something only within these."""
    pid: int
    started: float
    """Start of the process, seconds since 1970: a process number is used again."""
    token: str
    """Random; tells two claims of one process apart."""
    since: str
    """Start of the claim, ISO 8601 in UTC."""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"

    def to_json(self) -> str:
        """The owner as a line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @property
    def here(self) -> bool:
        """Whether the process is, or was, one that this process can see."""
        return self.machine == machine()

    @property
    def gone(self) -> bool:
        """Whether a process that is `here` has ended."""
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
            return abs(process.create_time() - self.started) > SAME_START
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False


def this_process() -> Owner:
    """A new claim's owner."""
    process = psutil.Process()
    return Owner(
        host=socket.gethostname(),
        machine=machine(),
        pid=process.pid,
        started=process.create_time(),
        token=secrets.token_hex(8),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def machine() -> str:
    """What tells apart hosts of one name, boots of one host, and containers on it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{socket.gethostname()} {boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # no Linux: no containers either
        return f"{socket.gethostname()} {psutil.boot_time():.0f}"


def parse_owner(text: str) -> Owner | None:
    """The owner that `to_json` wrote, or None where a disk has torn the text."""
    try:
        held = json.loads(text)
        kinds = {"pid": int, "started": float}
        whole = all(type(held[name]) is kinds.get(name, str) for name in Owner.__annotations__)
        return Owner(**held) if whole else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
