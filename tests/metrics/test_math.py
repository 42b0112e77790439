from __future__ import annotations

import gzip
import json
import os
import sys
from math import isfinite
from pathlib import Path

import pytest

from bench.errors import MetricError
from bench.metrics.math import NAMES, score_math

DATA = Path(os.environ.get("BENCH_DATA") or Path(__file__).parents[2] / "../shared/data")

ODD = ["", " ", "\n", "7", "é𝟟\u202e\x00", "word", "x" * 10_000, "{" * 10_000, "The answer is: "]


def test_each_grader_reads_its_own_format() -> None:
    """The three accuracies of four items that each grader sees otherwise; exact by hand."""
    predictions = ["The answer is: 7", "#### 7", "it makes 14/2", "The answer is: 8"]
    scores = score_math("gsm8k", predictions, ["#### 7"] * 4, {"boxed": [1, 2]})
    assert scores.values == {
        "accuracy_metamath": 0.25,
        "accuracy_strict": 0.25,
        "accuracy_symbolic": 0.75,
        "accuracy_metamath_boxed": 0.0,
        "accuracy_strict_boxed": 0.5,
        "accuracy_symbolic_boxed": 1.0,
    }
    assert scores.items == {
        "accuracy_metamath": (1, 0, 0, 0),
        "accuracy_strict": (0, 1, 0, 0),
        "accuracy_symbolic": (1, 1, 1, 0),
    }
    # The standard error of a mean of n items is sqrt(p (1 - p) / n).
    assert scores.errors["accuracy_symbolic"].std == pytest.approx(
        (0.75 * 0.25 / 4) ** 0.5, rel=0.1
    )


@pytest.mark.parametrize(("kind", "answer"), [("gsm8k", "7"), ("math", r"\frac{7}{x}")])
def test_odd_texts_give_numbers_in_any_order(kind: str, answer: str) -> None:
    """Empty, one-word, unprintable and long predictions; reversing the items changes nothing."""
    answers = [answer] * len(ODD)
    scores = score_math(kind, ODD, answers)
    backward = score_math(kind, ODD[::-1], answers)
    assert set(scores.values) == set(NAMES)
    assert scores.values == backward.values
    for name, items in scores.items.items():
        assert tuple(items) == tuple(backward.items[name])[::-1]
        assert set(items) <= {0.0, 1.0}
        error = scores.errors[name]
        assert all(map(isfinite, (error.std, error.low, error.high)))


def test_one_item_has_no_spread() -> None:
    scores = score_math("math", [r"\boxed{7}. The answer is: 7"], ["7"])
    assert dict(scores.values) == dict.fromkeys(NAMES, 1.0)
    assert all(error.std == 0 for error in scores.errors.values())


@pytest.mark.parametrize(
    ("kind", "file", "column"),
    [("gsm8k", "gsm8k/test.jsonl.gz", "answer"), ("math", "math/test.jsonl.gz", "solution")],
)
def test_published_solutions_are_right(kind: str, file: str, column: str) -> None:
    """As predictions they get 1 in their own format, and 0 without MetaMath's phrase."""
    if not (DATA / file).is_file():
        pytest.skip(f"no {DATA / file}: set BENCH_DATA to the real data")
    with gzip.open(DATA / file, "rt", encoding="utf-8") as lines:
        solutions = [json.loads(line)[column] for line in lines]
    assert dict(score_math(kind, solutions, solutions).values) == {
        "accuracy_metamath": 0.0,
        "accuracy_strict": 1.0,
        "accuracy_symbolic": 1.0,
    }


def test_without_math_verify_the_other_two_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """accuracy_symbolic is None, with the program's last words."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no antlr here >&2\nexit 3\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    scores = score_math("math", [r"\boxed{0.50}"], [r"\frac12"], {"half": [0]})
    assert scores.values["accuracy_strict"] == 0
    assert scores.values["accuracy_symbolic"] is None
    assert "no antlr here" in scores.unavailable["accuracy_symbolic"]
    assert "accuracy_symbolic_half" in scores.unavailable


@pytest.mark.parametrize(
    ("predictions", "answers", "message"),
    [
        ([], [], "no predictions"),
        (["7"], [], "1 predictions but 0 answers"),
        (["7"], ["3.5"], "whole number"),
    ],
)
def test_bad_input_says_what_to_do(
    predictions: list[str], answers: list[str], message: str
) -> None:
    with pytest.raises(MetricError, match=message):
        score_math("gsm8k", predictions, answers)


def test_the_module_does_not_hide_pythons_math() -> None:
    """`import math` inside the package means the standard library."""
    import math

    from bench.metrics.maths import rules as math_rules

    assert math_rules.isfinite is math.isfinite
