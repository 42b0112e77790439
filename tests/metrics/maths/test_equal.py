from __future__ import annotations

import pytest

from bench.metrics.maths.equal import equivalent

PUBLISHED = [
    (r"\tfrac{1}{2} + \frac1{72}", r"\\frac{1}{2} + 2/3", False),
    ("10, 4, -2", "4, 10, -2", False),
    ("10, 4, 2", "4, 12, 2", False),
    (r"\tfrac{1}{2} +\! \frac1{72}", r"\\dfrac{1}{2} +\frac{1}{72}", True),
    (r"10\text{ units}", "10 ", True),
    (r"10\text{ units}", "100 ", False),
    ("10", r"\$10", True),
    (r"\left(x-2\right)\left(x+2\right)", "(x-2)(x+2)", True),
    ("0.1, 4, 2", "4, .1, 2", False),
    ("0.1", ".1", True),
    (r"10\%", "10", True),
    (r"10\sqrt{3} + \sqrt4", r"10\sqrt3 + \sqrt{4}", True),
    (r"\frac34i", r"\frac{3}{4}i", True),
    (r"\tfrac83", r"\frac{8}{3}", True),
    ("5x - 7y + 11z + 4 = 0", "x + y - z + 2 = 0", False),
    ("1/2", r"\frac{1}{2}", True),
]

OFFICIAL = [
    ("a/b", "a/ b", True, False),
    ("x/2", "x/2 ", True, False),
    (r"\pi/2", r"\pi /2", True, False),
    (r"\dfrac{a}{b}/2", r"\frac{a}{b}/ 2", True, False),
    ("1/2", "1/ 2", True, True),
    ("1_0/2", "1_0/ 2", True, True),
    ("07/2", "7/2", False, False),
    (r"\frac", r"\frac ", False, False),
    (r"\sqrt", r"\sqrt ", False, False),
    (r"5\text{ cm}\text{ m}", r"5 \text{ cm}\text{ m}", False, False),
    (r"5\text{cm}", "5", False, False),
    (r"\frac1", r"\frac 1", True, True),
    (r"\frac{1}2", r"\frac{1}{2}", False, False),
    (r"\frac1 2", r"\frac12", True, True),
    (r"\sqrt 3", r"\sqrt{3}", False, False),
    ("ab=3", "3", True, True),
    ("abc=3", "3", False, False),
    ("a=b=3", "3", False, False),
    (".", "0.", True, True),
    ("", "\n", True, True),
    (r"\\frac12", r"\frac{1}{2}", True, True),
    ("dtfrac12", r"\frac12", False, False),
    ("{.5}", "{0.5}", True, True),
    ("1 .5", "10.5", True, True),
]
"""Verdicts of `is_equiv` of hendrycks/math and of meta-math/MetaMath."""


@pytest.mark.parametrize("rule", ["hendrycks", "metamath"])
@pytest.mark.parametrize(("first", "second", "same"), PUBLISHED)
def test_published_pairs(first: str, second: str, same: bool, rule: str) -> None:
    """Every pair of `modeling/math_equivalence_test.py` in hendrycks/math, in both copies."""
    assert equivalent(first, second, rule) is same
    assert equivalent(second, first, rule) is same


@pytest.mark.parametrize(("first", "second", "hendrycks", "metamath"), OFFICIAL)
def test_official_verdicts(first: str, second: str, hendrycks: bool, metamath: bool) -> None:
    """The corners of the rules, and the ratios on which the two programs differ."""
    assert equivalent(first, second, "hendrycks") is hendrycks
    assert equivalent(first, second, "metamath") is metamath


def test_an_absent_answer_equals_nothing() -> None:
    assert not equivalent(None, "5")
    assert not equivalent("5", None)
    assert not equivalent(None, None)
