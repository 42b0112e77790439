"""The printed operation counts at a shape."""

from __future__ import annotations

import pytest

from bench.report.analyses.formula import value

SHAPE = {"d": 2, "k": 3, "r": 5, "b": 7}


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        ("dkb", 42),
        ("d²r", 20),
        ("2db", 28),
        ("12k", 36),
        ("dkb + krb + drb + db", 42 + 105 + 70 + 14),
        ("dkb + dkr + d²r + d²b", 42 + 30 + 20 + 28),
        ("2dkb + 2drb + db", 84 + 140 + 14),
    ],
)
def test_sums_of_products(count: str, expected: int) -> None:
    """Worked out by hand at d = 2, k = 3, r = 5, b = 7."""
    assert value(count, SHAPE) == expected
