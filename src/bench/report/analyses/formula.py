"""Printed operation counts, such as `dkb + 2drb`, at a shape."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TERM = r"\d*(?:[dkrb]²?)+"
"""A product of the letters of a shape, with a number before it."""


def value(count: str, shape: Mapping[str, int]) -> int:
    """A sum of terms, at the numbers that `shape` has for d, k, r and b."""
    return sum(_product(term, shape) for term in count.split(" + "))


def _product(term: str, shape: Mapping[str, int]) -> int:
    number = re.match(r"\d*", term)
    factor = int(number[0]) if number and number[0] else 1
    letters = re.findall(r"([dkrb])(²?)", term)
    return factor * math.prod(shape[one] ** (2 if square else 1) for one, square in letters)
