from __future__ import annotations

import pytest

from bench.errors import MetricError
from bench.metrics.maths.answers import gold_number, gold_text, hashed_number, last_box

BOXES = [
    (r"$\boxed{5}$", "5"),
    (r"\boxed{1} and \boxed{2}", "2"),
    (r"\boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
    (r"\boxed 5", None),
    (r"\fbox{5}", None),
    (r"\boxed{5", None),
    (r"\boxed{a}}", "a"),
    (r"\boxed{}", ""),
    ("x", None),
    (r"\fbox{1} \boxed{2}", "2"),
    (r"\boxed{1} \fbox{2}", "1"),
    (r"\boxed{1} \boxed", None),
    (r"\boxed{\{1\}}", r"\{1\}"),
    (r"\boxed{\boxed{3}}", "3"),
    (r"\boxed {5}", None),
    (r"\boxedx{5}", None),
]
"""What `remove_boxed(last_boxed_only_string(text))` of meta-math/MetaMath returns."""

HASHED = [
    ("#### 18", "18"),
    ("a\n#### 1,080\nb", "1080"),
    ("#### 18.", "18."),
    ("####18", None),
    ("#### -5", "-5"),
    ("#### $5", None),
    ("#### 18 apples", "18"),
    ("#### 1 #### 2", "1"),
    ("18", None),
    ("#### x #### 3", "3"),
    ("#### 3.50", "3.50"),
    ("#### ,", ""),
]
"""What the pattern of `grade_school_math/dataset.py` in openai/grade-school-math finds."""


@pytest.mark.parametrize(("text", "inside"), BOXES)
def test_last_box_is_the_official_one(text: str, inside: str | None) -> None:
    assert last_box(text) == inside


@pytest.mark.parametrize(("text", "number"), HASHED)
def test_hashed_number_is_the_official_one(text: str, number: str | None) -> None:
    assert hashed_number(text) == number


def test_deep_braces_are_matched() -> None:
    """A hundred thousand braces cost no recursion."""
    nested = "{" * 100_000 + "}" * 100_000
    assert last_box(f"\\boxed{{{nested}}}") == nested
    assert last_box("\\boxed{" + "{" * 100_000) is None


@pytest.mark.parametrize("answer", ["1 + 1 = <<1+1=2>>2\n#### 1,080", "1080", " 1,080 "])
def test_gold_number_of_a_solution_or_bare(answer: str) -> None:
    assert gold_number(answer) == "1080"


@pytest.mark.parametrize("answer", ["", "3.5", "#### ", "#### x", "eighteen", "٣", "1_0"])
def test_gold_number_refuses_what_is_no_whole_number(answer: str) -> None:
    """The official programs stop with an exception there; the message says what is allowed."""
    with pytest.raises(MetricError, match="a GSM8K answer is a whole number"):
        gold_number(answer)


def test_gold_text_of_a_solution_or_bare() -> None:
    assert gold_text(r"Half: $\boxed{\frac12}$.") == r"\frac12"
    assert gold_text(r"\frac12") == r"\frac12"
    assert gold_text(r"\fbox{7}") is None
    with pytest.raises(MetricError, match="empty"):
        gold_text(" ")
