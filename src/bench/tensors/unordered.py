"""Writes whose order does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def unordered() -> Iterator[None]:
    """Let torch write without sorting positions first, as its deterministic operations do.

    For writes to places that differ, or of one value to all: their order cannot be seen.
    """
    strict = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(mode=False)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(mode=strict)
