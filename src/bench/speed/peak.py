"""What a device can do at best."""

from __future__ import annotations

import time

import torch

from bench.speed.results import Peak

TERA = 1e12

SHEETS: dict[str, dict[str, float]] = {
    "H100 PCIe": {"bf16": 756.0, "tf32": 378.0, "fp32": 51.2},
    "H100 NVL": {"bf16": 835.5, "tf32": 417.5, "fp32": 60.0},
    "H100": {"bf16": 989.4, "tf32": 494.7, "fp32": 66.9},
    "H200 NVL": {"bf16": 835.5, "tf32": 417.5, "fp32": 60.0},
    "H200": {"bf16": 989.4, "tf32": 494.7, "fp32": 66.9},
    "A100": {"bf16": 312.0, "tf32": 156.0, "fp32": 19.5},
}
"""Tera-operations a second of dense products, from NVIDIA's data sheets; the first name that
torch's name of the GPU holds counts."""

WIDTH = {"cpu": 1024, "cuda": 8192}
"""Of the square matrices that are multiplied where no data sheet is known."""
REPEATS = 5


def peak_of(device: torch.device, precision: str) -> Peak:
    """The peak of `device`, whose arithmetic is set for `precision` already."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        for known, rates in SHEETS.items():
            if known in name:
                return Peak(flops=rates[precision] * TERA, source="data sheet")
    return Peak(flops=measured(device, precision), source="measured")


def measured(device: torch.device, precision: str) -> float:
    """The best rate of a large product of matrices, in operations a second."""
    width = WIDTH[device.type]
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    left = torch.ones(width, width, dtype=dtype, device=device)
    best = float("inf")
    for _ in range(REPEATS):
        wait_for(device)
        started = time.perf_counter()
        left @ left
        wait_for(device)
        best = min(best, time.perf_counter() - started)
    return 2 * width**3 / best


def wait_for(device: torch.device) -> None:
    """Return when `device` has done all that it was told to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
