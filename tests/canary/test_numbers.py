"""When two values of a quantity agree."""

from __future__ import annotations

import math

import pytest

from bench.canary.numbers import apart, differences
from bench.canary.probe import Quantity


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (1.0, 1.0 + 9e-5),
        (0.0, 0.0),
        (-5.0e-7, -5.0e-7 * (1 + 9e-5)),
        ([100.0, 0.001], [100.0, 0.002]),
        ([], []),
        ("a", "a"),
        (1, 1.0),
    ],
)
def test_rounding_agrees(then: Quantity, now: Quantity) -> None:
    """Up to 1e-4 of a number, or of the largest number of a list."""
    assert apart(then, now) is None
    assert apart(now, then) is None


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (1.0, 1.0 + 2e-4),
        (0.0, 1e-30),
        ([100.0, 0.001], [100.0, 0.02]),
        ([1.0], [1.0, 1.0]),
        ([1.0, math.nan], [1.0, math.nan]),
        (1.0, "1.0x"),
        ("a", "a "),
    ],
)
def test_more_than_rounding_differs(then: Quantity, now: Quantity) -> None:
    """Numbers beyond 1e-4, lists of other lengths, values that are no numbers, any other text."""
    assert apart(then, now) is not None
    assert apart(now, then) is not None


def test_a_difference_names_place_values_and_size() -> None:
    """The number of a list that is furthest off; texts from shortly before they part."""
    assert apart([1.0, 4.0, 2.0], [1.1, 3.0, 2.0]) == "[1] 4.0, here 3.0 (relative 2.5e-01)"
    long = "x" * 50
    assert apart(f"{long}a", f"{long}b") == f"...{'x' * 10 + 'a'!r}, here ...{'x' * 10 + 'b'!r}"


def test_a_quantity_that_only_one_has_differs() -> None:
    """A metric that was added, or left out."""
    assert differences({"a": 1.0, "b": 1.0}, {"a": 1.0, "c": 1.0}) == [
        "b: not there here",
        "c: only here",
    ]
