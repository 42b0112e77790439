"""What the comparison of digits found, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

from bench.canary.digits import Compared
from bench.canary.numbers import TOLERANCE
from bench.nested import differences
from bench.printable import short

WIDEST = 60
"""Characters of a fact of an environment."""


def as_text(found: Sequence[Compared], then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Every quantity, the verdict, and what differs in the environment."""
    rows = [[one.name, one.then, one.now, one.differs or "same"] for one in found]
    table = table_of(rows, ["", "stored", "here", "difference"])
    return "\n".join([table, "", verdict(found), "", surroundings(then, now)])


def verdict(found: Sequence[Compared]) -> str:
    """Whether the numbers are the same, one line for each kind of difference."""
    apart = [one.name for one in found if one.differs is not None and not one.absent]
    far = [one.name for one in found if one.far]
    absent = [one.name for one in found if one.absent]
    close = [name for name in apart if name not in far]
    told = []
    if far:
        told.append(f"OTHER NUMBERS, apart by more than {TOLERANCE:g}: {', '.join(far)}")
    if close:
        told.append(
            f"the same to {TOLERANCE:g}, but NOT to the digit: {', '.join(close)}"
            + ("" if far else "; runs made here agree with others but for rounding")
        )
    if absent:
        told.append(f"NOT COMPARED, they need a Java that works: {', '.join(absent)}")
    return (
        "\n".join(told) or "the same to the digit: this environment reproduces the stored numbers"
    )


def surroundings(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What differs between the environment of the stored numbers and this one."""
    rows = [
        [key, short(one, WIDEST), short(other, WIDEST)]
        for key, one, other in differences(then, now)
    ]
    if not rows:
        return "environment: the same packages, processor and build of torch as the stored one"
    return "environment:\n" + table_of(rows, ["", "stored", "here"])


def table_of(rows: list[list[str]], heads: list[str]) -> str:
    """A plain table."""
    text: str = tabulate(rows, heads, "simple", disable_numparse=True)
    return text
