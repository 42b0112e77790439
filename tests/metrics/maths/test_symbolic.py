from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.metrics.maths.symbolic import extract_symbolic, right_symbolic

MEANINGS = [
    (r"The answer is: \dfrac12", r"\frac{1}{2}", True),
    ("The answer is: 0.5", r"\frac{1}{2}", True),
    (r"The answer is: $x^2 + 2x + 1$.", "(x+1)^2", True),
    (r"The answer is: x^2 + 2x", "(x+1)^2", False),
    (r"so $\boxed{\frac{\sqrt{3}}{3}}$", r"\frac{1}{\sqrt{3}}", True),
    (r"so $\boxed{\frac{\sqrt{2}}{3}}$", r"\frac{1}{\sqrt{3}}", False),
    (r"\boxed{(3, \frac{\pi}{2})}", r"\left( 3, \frac{\pi}{2} \right)", True),
    (r"\boxed{(3, \frac{\pi}{3})}", r"\left( 3, \frac{\pi}{2} \right)", False),
    (r"${1,2,3,4}$", r"{1,3} \cup {2,4}", True),
    (r"The answer is: 3,1", "1,3", True),
    (r"The answer is: 3,2", "1,3", False),
    (r"The answer is: 50\%", r"50\%", True),
    (r"The answer is: 50%", r"50\%", True),
    (r"The answer is: \frac{51}{100}", r"50\%", False),
    (r"Hence $x = 7$.", "7", True),
    (r"The final answer is $7$. I hope it is correct.", "7", True),
    (r"It is 8.", "7", False),
    (r"The answer is: \frac{7}{5} + i.", r"\frac{7}{5} + i.", True),
    ("", "7", False),
    ("The answer is: ", "7", False),
]
"""Equal or not by mathematics; the union is the first example of math-verify's README."""

WORDS = [
    ("The answer is: 18", "18", True),
    ("The answer is: $18 in all.\n\nQuestion: 5", "18", True),
    ("The answer is: 36/2", "18", True),
    ("The answer is: 1,800", "1800", True),
    ("so\n#### 18 eggs\n#### 19", "18", True),
    ("She has 3 + 15 = 18 eggs.", "18", True),
    ("She has 3 + 15 = 18 eggs.", "15", False),
    (r"\boxed{18}", "18", True),
    ("The answer is: 18.5", "18", False),
]


def test_mathematics_decides() -> None:
    """Equal values in other forms are right, close ones wrong, on both data sets."""
    for kind, examples in (("math", MEANINGS), ("gsm8k", WORDS)):
        predictions, answers, verdicts = zip(*examples, strict=True)
        assert right_symbolic(kind, predictions, answers) == list(verdicts)


def test_it_works_in_a_thread() -> None:
    """Where math-verify by itself raises, for its alarms."""
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(right_symbolic, "math", [r"\boxed{0.5}"], [r"\frac12"]).result()
    assert found == [True]


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    first=st.integers(-(10**15) + 1, 10**15 - 1), second=st.integers(-99, 99), near=st.booleans()
)
def test_integers_need_no_parsing(first: int, second: int, near: bool) -> None:
    """math-verify itself calls two integers equal where they are the same one."""
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

    other = first + second if near else second
    both = [LatexExtractionConfig(), ExprExtractionConfig()]
    boxed = LatexExtractionConfig(boxed_match_priority=0)
    gold = parse(f"\\boxed{{{first}}}", [boxed], parsing_timeout=None)
    given_ = parse(f"\\boxed{{{other}}}", both, parsing_timeout=None)
    assert verify(gold, given_, timeout_seconds=None) is (first == other)
    number = parse(str(first), [ExprExtractionConfig()], parsing_timeout=None)
    plain = parse(str(other), both, parsing_timeout=None)
    assert verify(number, plain, timeout_seconds=None) is (first == other)


@pytest.mark.parametrize(
    ("kind", "prediction", "stated"),
    [
        ("gsm8k", "#### 5 eggs\nThe answer is: 6.\nNext", "6"),
        ("gsm8k", "#### 5 eggs\nmore", "5 eggs"),
        ("gsm8k", r"\boxed{5}", None),
        ("math", r"\boxed{5}. The answer is: 6", "6"),
        ("math", r"\boxed{5}", "5"),
        ("math", "#### 5", None),
        ("math", "The answer is: 6\n\nProblem: 7", "6"),
    ],
)
def test_what_a_prediction_states(kind: str, prediction: str, stated: str | None) -> None:
    """The phrase comes first, then the data set's format; else math-verify searches."""
    assert extract_symbolic(kind, prediction) == stated
