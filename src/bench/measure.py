"""Peaks of memory, each of one run, though a process may run many one after the other."""

from __future__ import annotations

import gc
import resource
import sys
from contextlib import suppress
from pathlib import Path

import torch

STATUS = Path("/proc/self/status")
FORGET = Path("/proc/self/clear_refs")
"""Linux counts the peak of this process anew when it reads a 5 here (proc(5))."""


def free_unused() -> None:
    """Give back what nothing uses any more.

    Models and captured steps hold each other, so that their memory stays until they are looked
    for; on a GPU it stays with this process until it is given back.
    """
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def forget_earlier_runs() -> None:
    """Free what earlier runs of this process left, and count peaks from here on.

    Where a system cannot count anew, as macOS, `rss_peak` stays that of the whole process.
    """
    free_unused()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with suppress(OSError):
        FORGET.write_text("5")


def memory_peaks() -> dict[str, int | None]:
    """Largest amounts since earlier runs were forgotten, in bytes: of the GPU and this process."""
    gpu = torch.cuda.is_available()
    return {
        "allocated_peak": torch.cuda.max_memory_allocated() if gpu else None,
        "reserved_peak": torch.cuda.max_memory_reserved() if gpu else None,
        "rss_peak": resident_peak(),
    }


def resident_peak() -> int:
    """The largest resident set of this process, in bytes."""
    with suppress(OSError):
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    # ru_maxrss counts KiB on Linux and bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
