r"""Where worked solutions and published answers say their final answer.

GSM8K (K. Cobbe et al., "Training Verifiers to Solve Math Word Problems", 2021) ends in
`#### 42`, MATH (D. Hendrycks et al., NeurIPS 2021) has its last `\boxed{...}`, and MetaMath
(L. Yu et al., ICLR 2024) ends in `The answer is: 42`.
"""

from __future__ import annotations

import re
from typing import Literal

from bench.errors import MetricError

Kind = Literal["gsm8k", "math"]

PHRASE = "The answer is: "
HASHES = "#### "

_HASHED_NUMBER = re.compile(r"#### (-?[0-9.,]+)")
_WHOLE_NUMBER = re.compile(r"-?[0-9][0-9,]*")
_BOX = "\\boxed{"
_BOX_NAMES = ("\\boxed", "\\fbox")
_BRACES = re.compile(r"[{}]")


def after_phrase(text: str) -> str | None:
    """What follows the last `The answer is: `; None without the phrase."""
    _, phrase, rest = text.rpartition(PHRASE)
    return rest if phrase else None


def hashed_number(text: str) -> str | None:
    """The number of the first `#### 42`, without commas (`grade_school_math/dataset.py`)."""
    found = _HASHED_NUMBER.search(text)
    return found[1].replace(",", "") if found else None


def last_box(text: str) -> str | None:
    r"""What the last `\boxed` holds; None where it has no braces, or they do not close.

    Equals `remove_boxed(last_boxed_only_string(text))` of hendrycks/math, which looks for
    `\fbox` where there is no `\boxed`, but then takes nothing out of it.
    """
    start = text.rfind(_BOX_NAMES[0])
    if start < 0 or not text.startswith(_BOX, start):
        return None
    start += len(_BOX)
    depth = 1
    for brace in _BRACES.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return text[start : brace.start()]
    return None


def gold_number(answer: str) -> str:
    """The right answer of GSM8K without commas, from a solution or the bare number.

    Raises a MetricError where there is no whole number: the official programs stop there.
    """
    number = answer.split(HASHES)[1] if HASHES in answer else answer
    if not _WHOLE_NUMBER.fullmatch(number.strip()):
        raise MetricError(
            f"answer {answer[-60:]!r}: a GSM8K answer is a whole number, "
            f"or a solution that ends in {HASHES!r} and a whole number"
        )
    return number.strip().replace(",", "")


def gold_text(answer: str) -> str | None:
    r"""The right answer of MATH, from a solution with `\boxed{...}` or the bare answer.

    None where the solution's last box cannot be read: officially all predictions are wrong
    then. Raises a MetricError for an empty answer.
    """
    if not answer.strip():
        raise MetricError(f"answer {answer!r}: empty; give a solution or the bare answer")
    return last_box(answer) if any(name in answer for name in _BOX_NAMES) else answer
