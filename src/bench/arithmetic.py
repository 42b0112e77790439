"""How torch computes in a run: threads, precision of products, the same digits every time."""

from __future__ import annotations

from typing import Any

import torch

from bench.config import Cell
from bench.machine import device_of, precision_of


def set_arithmetic(cell: Cell, threads: int) -> None:
    """Set up torch for a cell; a sweep does so anew for each."""
    torch.set_num_threads(threads)
    tf32 = precision_of(cell) == "tf32"
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    if device_of(cell) == "cuda":
        # A mere warning would not be enough: attention's gradient then keeps its atomic sums.
        torch.use_deterministic_algorithms(cell.train.deterministic)
        # Only hides mistakes that read memory which was never written, and costs time.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def arithmetic_facts(cell: Cell, threads: int) -> dict[str, Any]:
    """What digits hang on beside the identity of a run."""
    return {"torch": torch.__version__, "device": device_of(cell), "threads": threads}
