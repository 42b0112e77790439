"""What this machine offers, found out without torch, and how a run uses it."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bench.config import Cell


def has_gpu() -> bool:
    """Whether an NVIDIA driver is loaded and not hidden by CUDA_VISIBLE_DEVICES."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return Path("/proc/driver/nvidia/version").exists() and not hidden


def usable_cores() -> int:
    """Processor cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def device_of(cell: Cell) -> Literal["cpu", "cuda"]:
    """The device that the cell runs on."""
    if cell.device == "auto":
        return "cuda" if has_gpu() else "cpu"
    return cell.device


def precision_of(cell: Cell) -> str:
    """The arithmetic of the cell: as set, or fp32 on a CPU and bf16 on a GPU."""
    if cell.train.precision == "auto":
        return "bf16" if device_of(cell) == "cuda" else "fp32"
    return cell.train.precision


def prepare_threads(cell: Cell) -> int:
    """Set the thread environment, which must happen before torch is imported.

    Waiting threads that spin make steps ten times slower as soon as another process
    wants the core, so they are told to sleep.
    """
    threads = cell.threads or usable_cores()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # cuBLAS reads it when it starts; without it, torch refuses deterministic matrix products.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    quiet_optional_kernels()
    return threads


def quiet_optional_kernels() -> None:
    """Keep bitsandbytes from telling, whenever HF PEFT looks for it, which kernels it lacks."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
