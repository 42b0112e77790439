"""Values of any shape, as YAML and JSON can hold them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ODD_TEXTS = (
    "", " ", "\0", "\n", "a\nb", "\r\n", "\x1b[31mred", "null", "~", "true", "no", "nan", "-.inf",
    "1e999", "0x10", "1_000", "${seed}", "${oc.env:HOME}", "???", "../..", "/", "C:\\", "\ufeff",
    "\u202e", "\U0001f600", "e\u0301", "ß", "a" * 5000, "[", "{", "'", '"', "%s", "{0}", "\u2028",
)  # fmt: skip
ODD_NUMBERS = (
    0, -1, 1, 2**31, 2**63, -(2**64), 10**400, 0.0, -0.0, 0.5, 1e-320, 1e308, float("inf"),
    float("-inf"), float("nan"),
)  # fmt: skip
HALF = "\ud800"
"""Half of a surrogate pair, which JSON can spell and UTF-8 cannot."""


def texts() -> st.SearchStrategy[str]:
    """Texts that programs have stumbled over, and any others."""
    return st.sampled_from(ODD_TEXTS) | st.text(max_size=12)


def scalars() -> st.SearchStrategy[Any]:
    """One value without parts."""
    numbers = st.sampled_from(ODD_NUMBERS) | st.integers() | st.floats()
    return st.none() | st.booleans() | numbers | texts()


def values() -> st.SearchStrategy[Any]:
    """Any value: scalars, and lists and mappings of them."""
    return st.recursive(
        scalars(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
        max_leaves=6,
    )


def json_values() -> st.SearchStrategy[Any]:
    """The same, with texts that no file in UTF-8 can hold as they are."""
    return values() | st.just(HALF) | st.just({HALF: HALF})


def nested(depth: int) -> Any:
    """A list in a list, `depth` deep."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value
