"""The two graders of GSM8K and MATH that compare numbers and strings.

metamath: `eval_gsm8k.py` and `eval_math.py` of meta-math/MetaMath (L. Yu et al., ICLR 2024),
as LoRMA and SVFT use them. The answer follows the last `The answer is: `; without the phrase
a prediction is wrong. GSM8K takes the first number behind it, rounded to a whole one, halves
to the even neighbour; MATH takes the text up to a full stop that ends a line.

strict: the data sets' own formats and rules. GSM8K compares the number after the first
`#### ` letter by letter (openai/grade-school-math), MATH the last box (hendrycks/math).
"""

from __future__ import annotations

import re
from math import isfinite

from bench.metrics.maths.answers import (
    Kind,
    after_phrase,
    gold_number,
    gold_text,
    hashed_number,
    last_box,
)
from bench.metrics.maths.equal import equivalent

_FIRST_NUMBER = re.compile(r"[-+]?\d*[.,/]?\d+")


def extract_metamath(kind: Kind, prediction: str) -> str | None:
    """The answer that MetaMath's program reads, GSM8K's as a whole number; None without."""
    rest = after_phrase(prediction)
    if rest is None:
        return None
    if kind == "math":
        return sentence(rest)
    number = _rounded(rest)
    return None if number is None else str(number)


def extract_strict(kind: Kind, prediction: str) -> str | None:
    """The answer in the data set's own format; None without."""
    return hashed_number(prediction) if kind == "gsm8k" else last_box(prediction)


def right_metamath(kind: Kind, prediction: str, answer: str) -> bool:
    """Whether MetaMath's program counts the prediction as right. May raise a MetricError."""
    if kind == "math":
        found = extract_metamath(kind, prediction)
        return equivalent(found, gold_text(answer), "metamath")
    gold = gold_number(answer)
    rest = after_phrase(prediction)
    number = None if rest is None else _rounded(rest)
    return number is not None and float(number) == float(gold)


def right_strict(kind: Kind, prediction: str, answer: str) -> bool:
    """Whether the data set's own program counts it as right. May raise a MetricError."""
    found = extract_strict(kind, prediction)
    if kind == "math":
        return equivalent(found, gold_text(answer))
    return found == gold_number(answer)


def sentence(text: str) -> str:
    """`text` up to a full stop that ends a line, or ends it all."""
    return text.split(".\n", maxsplit=1)[0].strip().removesuffix(".").strip()


def _rounded(text: str) -> int | None:
    """The first number of `text`, rounded; None where there is none or it is infinite.

    `1,234,567` reads as 1234 and `3/0` as 3, as in the official program. What stops that
    program (`3/00`, numbers beyond the range of floats) is no number here.
    """
    found = _FIRST_NUMBER.search(text.strip())
    if not found:
        return None
    above, slash, below = found[0].replace(",", "").partition("/")
    if slash and not above.lstrip("+-"):
        return None
    value = float(above)
    divisor = float(below) if slash and below != "0" else 1.0
    if not (divisor and isfinite(value) and isfinite(divisor)):
        return None
    return round(value / divisor)
