"""Peaks of memory."""

from __future__ import annotations

import resource
import sys

import torch


def memory_peaks() -> dict[str, int | None]:
    """Largest amounts in use so far, in bytes: GPU (allocated, reserved) and this process."""
    gpu = torch.cuda.is_available()
    # ru_maxrss counts KiB on Linux and bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "allocated_peak": torch.cuda.max_memory_allocated() if gpu else None,
        "reserved_peak": torch.cuda.max_memory_reserved() if gpu else None,
        "rss_peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
    }
