"""The rows of this project's own making, for GSM8K, MATH and MetaMathQA."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from fractions import Fraction

import pytest

from bench.tasks.gsm8k import GSM8K
from bench.tasks.items import AnswerItem
from bench.tasks.math import Math
from bench.tasks.metamath import FILES, MetaMath
from bench.tasks.sources import content_hash
from bench.tasks.synthetic import gsm8k as gsm8k_synthetic
from bench.tasks.synthetic import math as math_synthetic

MAKERS = {"gsm8k": gsm8k_synthetic.generate, "math": math_synthetic.generate}
HASHES = {
    ("gsm8k", "train"): "49486f48b805369913ec2dbc0ac82d5ad8356b055ca16211e82dd619429930b9",
    ("gsm8k", "test"): "d9fc3486009bb4e0611600a308a890007b759bc4960dbe29fd9104b2447305ac",
    ("math", "train"): "f6f99269180902de71c6fad136dac9d2ad1a82db69ab5b24452fac72657508e9",
    ("math", "test"): "b0bd1ac12557ab4a259a54addecebd90827207a85d90cc671320e841b7361f06",
}
ROWS = {"train": 480, "test": 60}
STEP = re.compile(r"(\d+) ([-+*/]) (\d+) = <<(\d+[-+*/]\d+)=(\d+)>>(\d+)")


@pytest.mark.parametrize(("kind", "split"), HASHES)
def test_rows_never_change(kind, split):
    """Other rows would need a new version of the task: records carry this hash."""
    rows = MAKERS[kind](split)
    assert (len(rows), content_hash(rows)) == (ROWS[split], HASHES[kind, split])


@pytest.mark.parametrize("seed", ["0", "1"])
def test_rows_do_not_depend_on_the_process(seed):
    code = (
        "from bench.tasks.synthetic.math import generate; "
        "from bench.tasks.sources import content_hash; print(content_hash(generate('test')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    assert done.stdout.strip() == HASHES["math", "test"]


@pytest.mark.parametrize(("kind", "column"), [("gsm8k", "question"), ("math", "problem")])
def test_no_problem_is_twice_in_the_splits(kind, column):
    found = [row[column] for split in ROWS for row in MAKERS[kind](split)]
    assert len(set(found)) == len(found) == 540


@pytest.mark.parametrize("split", ROWS)
def test_every_step_of_a_word_problem_is_right_and_stays_above_zero(split):
    """Python's own arithmetic; the last step is the answer, all numbers are of the question."""
    for row in gsm8k_synthetic.generate(split):
        *lines, last = row["answer"].split("\n")
        known = {*map(int, re.findall(r"\d+", row["question"])), 2}
        for line in lines:
            left, sign, right, inner, value, shown = STEP.search(line).groups()
            assert inner == f"{left}{sign}{right}"
            assert Fraction(eval(inner)) == int(value) == int(shown) > 0  # noqa: S307
            assert {int(left), int(right)} <= known, row
            known.add(int(value))
        assert len(lines) == 2
        assert last == f"#### {value}"


def test_every_boxed_answer_is_that_of_its_problem():
    """Computed again from the problem's own numbers, by other means than the generator's."""
    kinds = {
        r"Compute \$\\frac\{(\d+)\}\{(\d+)\} \+ \\frac\{(\d+)\}": lambda a, d, b: Fraction(
            a + b, d
        ),
        r"Solve \$(\d+)x \+ (\d+) = (\d+)\$": lambda a, b, c: Fraction(c - b, a),
        r"slope .* \$\((\d+),(-?\d+)\)\$ and \$\((\d+),(-?\d+)\)\$": lambda a, b, c, d: Fraction(
            d - b, c - a
        ),
        r"remainder when \$(\d+)\$ is divided by \$(\d+)\$": lambda a, b: a % b,
        r"common divisor of \$(\d+)\$ and \$(\d+)\$": lambda a, b: max(
            n for n in range(1, 99) if a % n == b % n == 0
        ),
        r"base \$(\d+)\$ and height \$(\d+)\$": lambda a, b: Fraction(a * b, 2),
        r"holds \$(\d+)\$ red and \$(\d+)\$ blue": lambda a, b: Fraction(a, a + b),
        r"= (\d+)x\^2 \+ (\d+)x\$\. Find \$f\((\d+)\)\$": lambda a, b, x: (a * x + b) * x,
    }
    seen = set()
    for row in math_synthetic.generate("train") + math_synthetic.generate("test"):
        ((pattern, found),) = [
            (key, match) for key in kinds if (match := re.search(key, row["problem"]))
        ]
        seen.add(pattern)
        value = Fraction(kinds[pattern](*map(int, found.groups())))
        boxed = re.fullmatch(r".*\\boxed\{(.*)\}\$\.", row["solution"], re.DOTALL)[1]
        top = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", boxed)
        assert str(value) == top, row
    assert seen == kinds.keys()


def test_what_is_trained_on_is_right_by_every_rule():
    for task, kind in ((GSM8K(), "gsm8k"), (Math(), "math")):
        rows = MAKERS[kind]("test")
        items = [
            AnswerItem(prediction=pair.text, **query.gold)
            for pair, query in zip(task.examples(rows), task.queries(rows), strict=True)
        ]
        assert set(task.score(items).values.values()) == {1.0}


def test_metamath_trains_on_both_in_turn_and_is_tested_on_each():
    task = MetaMath()
    (train,) = FILES["train"]
    rows = task.synthetic(train)
    assert len(rows) == 960
    assert all("\n#### " in row["response"] for row in rows[::2])
    assert all(r"\boxed{" in row["response"] for row in rows[1::2])
    assert all("\nThe answer is: " in row["response"] for row in rows)
    assert [task.synthetic(file) for file in FILES["test"]] == [
        make("test") for make in MAKERS.values()
    ]
