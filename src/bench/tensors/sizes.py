"""Sizes of tensors."""

from __future__ import annotations


def round_up(number: int, multiple: int) -> int:
    """The next multiple, and never 0."""
    return max(-(-number // multiple), 1) * multiple
