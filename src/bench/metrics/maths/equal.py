r"""String equality of MATH answers after the normalisation that MATH was published with.

D. Hendrycks et al., "Measuring Mathematical Problem Solving With the MATH Dataset",
NeurIPS 2021: `is_equiv` of `modeling/math_equivalence.py` in hendrycks/math. MetaMath's copy
(`util.py` of meta-math/MetaMath) differs in one rule, see `Rule`.
"""

from __future__ import annotations

from typing import Literal

Rule = Literal["hendrycks", "metamath"]
"""What a ratio a/b that is not of two integers does: `hendrycks` leaves it as it is,
`metamath` gives up on normalising both answers and compares them letter by letter."""

_REPLACEMENTS = (
    ("\n", ""),
    ("\\!", ""),
    ("\\\\", "\\"),
    ("tfrac", "frac"),
    ("dfrac", "frac"),
    ("\\left", ""),
    ("\\right", ""),
    ("^{\\circ}", ""),
    ("^\\circ", ""),
    ("\\$", ""),
)
"""In this order: what one makes, the next may find."""
_NUMBER_FIXES = (("\\%", ""), (" .", " 0."), ("{.", "{0."))
_UNIT = "\\text{ "


class _NotNormalError(Exception):
    """The official program fails on this answer, and then compares letters."""


def equivalent(first: str | None, second: str | None, rule: Rule = "hendrycks") -> bool:
    """Whether two answers are the same string once normalised; None equals nothing.

    Equals the official `is_equiv`, but for two absent answers, which it calls equal.
    """
    if first is None or second is None:
        return False
    try:
        return normalised(first, rule) == normalised(second, rule)
    except _NotNormalError:
        return first == second


def normalised(text: str, rule: Rule) -> str:
    """The normal form of an answer; raises where the official program would."""
    text = _without_unit(_replaced(text, _REPLACEMENTS))
    text = _replaced(text, _NUMBER_FIXES)
    if text.startswith("."):
        text = f"0{text}"
    text = _braced_roots(_without_name(text)).replace(" ", "")
    text = _braced_fractions(text)
    return "\\frac{1}{2}" if text == "0.5" else _as_fraction(text, rule)


def _replaced(text: str, replacements: tuple[tuple[str, str], ...]) -> str:
    for old, new in replacements:
        text = text.replace(old, new)
    return text


def _without_unit(text: str) -> str:
    r"""`10\text{ cm}` without its unit."""
    number, *units = text.split(_UNIT)
    if len(units) > 1:
        raise _NotNormalError
    return number


def _without_name(text: str) -> str:
    """The right side of `x = 5`, where the left is of one or two characters."""
    left, *right = text.split("=")
    return right[0] if len(right) == 1 and len(left) <= 2 else text


def _braced_roots(text: str) -> str:
    r"""`\sqrt3` as `\sqrt{3}`."""
    head, *tails = text.split("\\sqrt")
    if not all(tails):
        raise _NotNormalError
    braced = (tail if tail[0] == "{" else f"{{{tail[0]}}}{tail[1:]}" for tail in tails)
    return "\\sqrt".join((head, *braced))


def _braced_fractions(text: str) -> str:
    r"""`\frac12` and `\frac1{72}` as `\frac{1}{2}` and `\frac{1}{72}`."""
    head, *tails = text.split("\\frac")
    braced = [head]
    for tail in tails:
        if not tail:
            raise _NotNormalError
        if tail[0] == "{":
            braced.append(tail)
        elif len(tail) == 1:
            return text
        elif tail[1] == "{":
            braced.append(f"{{{tail[0]}}}{tail[1:]}")
        else:
            braced.append(f"{{{tail[0]}}}{{{tail[1]}}}{tail[2:]}")
    return "\\frac".join(braced)


def _as_fraction(text: str, rule: Rule) -> str:
    r"""`3/4` as `\frac{3}{4}`; only integers in their plain form."""
    parts = text.split("/")
    if len(parts) != 2:
        return text
    try:
        above, below = int(parts[0]), int(parts[1])
    except ValueError:
        if rule == "metamath":
            raise _NotNormalError from None
        return text
    return f"\\frac{{{above}}}{{{below}}}" if text == f"{above}/{below}" else text
