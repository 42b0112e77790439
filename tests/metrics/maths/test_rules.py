from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.metrics.maths.rules import (
    extract_metamath,
    extract_strict,
    right_metamath,
    right_strict,
)

NUMBERS = [
    ("18", "18"),
    ("18.", "18"),
    ("$1,080 in all", "1080"),
    ("1,234,567", "1234"),
    ("x = 7", "7"),
    ("2.5", "2"),
    ("3.5", "4"),
    ("-2.5", "-2"),
    ("0.5", "0"),
    ("7/2", "4"),
    ("-7/2", "-4"),
    ("5/2", "2"),
    ("3/0", "3"),
    ("-3/0", "-3"),
    ("/4", None),
    ("+5", "5"),
    (".6", "1"),
    ("12%", "12"),
    ("12 or 13", "12"),
    ("eighteen", None),
    ("", None),
    ("\n 18\n", "18"),
    ("1e3", "1"),
    ("٣", "3"),
    ("³", None),
    ("17.999", "18"),
    ("9" * 400, None),
    ("1_000", "1"),
    ("5 3/4", "5"),
    ("3/7/2", "0"),
    ("-,5", "-5"),
    ("3. No. The answer is: 18", "18"),
    ("18. The answer is:", "18"),
    ("18\nThe answer is: ", None),
]
"""What `extract_answer_number` of MetaMath's eval_gsm8k.py returns behind the phrase."""

TEXTS = [
    ("5", "5", True),
    ("5.", "5", True),
    ("5.\nNext: 6", "5", True),
    ("5\n", "5", True),
    ("5. So", "5", False),
    ("5..", "5", False),
    (" 5 . ", "5", True),
    ("$5$", "5", False),
    (r"\boxed{5}", "5", False),
    (r"5\text{ cm}", "5", True),
    ("5 cm", "5", False),
    ("x=5", "5", True),
    (r"\$5", "5", True),
    (r"5\%", "5", True),
    (r"5^\circ", "5", True),
    (".5", r"\frac{1}{2}", True),
    ("1/2", r"\dfrac{1}{2}", True),
    ("-1/2", r"-\frac{1}{2}", False),
    ("-1/2", r"\frac{-1}{2}", True),
    ("a/b", "a/b", True),
    ("a/ b", "a/b", False),
    (r"\sqrt2", r"\sqrt{2}", True),
    ("3. The answer is: 5", "5", True),
    ("1,000", "1000", False),
    ("5.0", "5", False),
    (r"\left( 1,2 \right)", "(1,2)", True),
]
"""What `process_results` of MetaMath's eval_math.py returns for the text behind the phrase."""


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_gsm8k_numbers_are_metamaths(text: str, number: str | None) -> None:
    prediction = f"So. The answer is: {text}"
    assert extract_metamath("gsm8k", prediction) == number
    assert right_metamath("gsm8k", prediction, number or "0") is (number is not None)


@pytest.mark.parametrize("stopped", ["-" + "9" * 400, "3/00", "1/" + "9" * 400])
def test_what_stops_metamaths_program_is_wrong(stopped: str) -> None:
    """OverflowError and FractionException there."""
    assert extract_metamath("gsm8k", f"The answer is: {stopped}") is None


@pytest.mark.parametrize("text", ["18", "The answer is:18", "the answer is: 18", "#### 18"])
@pytest.mark.parametrize("kind", ["gsm8k", "math"])
def test_without_the_exact_phrase_metamath_says_wrong(text: str, kind: str) -> None:
    assert extract_metamath(kind, text) is None
    assert not right_metamath(kind, text, "18")


@pytest.mark.parametrize(("text", "answer", "right"), TEXTS)
def test_math_verdicts_are_metamaths(text: str, answer: str, right: bool) -> None:
    prediction = f"So. The answer is: {text}"
    assert right_metamath("math", prediction, answer) is right
    assert right_metamath("math", prediction, f"Thus $\\boxed{{{answer}}}$.") is right


def test_a_gold_box_that_cannot_be_read_makes_all_wrong() -> None:
    r"""As in MetaMath's program, whose `remove_boxed` returns None for `\fbox`."""
    assert not right_metamath("math", "The answer is: 7", r"\fbox{7}")
    assert not right_strict("math", r"\fbox{7}", r"\fbox{7}")


def test_strict_reads_the_data_sets_own_format() -> None:
    assert right_strict("gsm8k", "2 + 2 = 4\n#### 4", "#### 4")
    assert right_strict("gsm8k", "#### 1,080 eggs", "1080")
    assert not right_strict("gsm8k", "#### 4.", "4")
    assert not right_strict("gsm8k", "The answer is: 4", "4")
    assert extract_strict("gsm8k", "4") is None
    assert right_strict("math", r"$\boxed{1}$, no, $\boxed{\tfrac12}$", r"\frac{1}{2}")
    assert not right_strict("math", "The answer is: 4", "4")
    assert extract_strict("math", "4") is None


@settings(derandomize=True, deadline=None, max_examples=300)
@given(text=st.text() | st.text(alphabet="0123456789/.,-+ \\boxedfracsqrt{}#$%=\n"))
def test_any_text_is_judged(text: str) -> None:
    """No prediction raises, with or without each marker, for either data set."""
    for marked in (text, f"The answer is: {text}", f"#### {text}", f"\\boxed{{{text}}}"):
        for kind, answer in (("gsm8k", "7"), ("math", r"\frac{7}{x}")):
            assert right_metamath(kind, marked, answer) in (True, False)
            assert right_strict(kind, marked, answer) in (True, False)


@settings(derandomize=True, deadline=None)
@given(number=st.integers(-(10**12), 10**12))
def test_the_right_number_in_each_format_is_right(number: int) -> None:
    assert right_strict("gsm8k", f"so #### {number:,}", f"#### {number}")
    assert right_metamath("gsm8k", f"The answer is: {number}", f"#### {number:,}")
    assert right_metamath("math", f"The answer is: {number}.", str(number))
    assert right_strict("math", f"\\boxed{{{number}}}", str(number))
    assert not right_metamath("gsm8k", f"The answer is: {number + 1}", str(number))
    assert not right_strict("gsm8k", f"#### {number + 1}", str(number))
