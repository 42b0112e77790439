"""Digits compared, and what a person is told of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bench.canary import digits
from bench.canary.cells import GENERATION
from bench.canary.digits import Digits, compare
from bench.canary.environment import facts, torch_build
from bench.canary.show import as_text, verdict
from bench.canary.stored import load
from bench.nested import differences

THEN = Digits(
    metrics={"BLEU": 0.25, "METEOR": 0.5},
    losses=[5.0, 4.0, 3.0],
    validation=[4.5, 3.5],
    trace="a" * 64,
    adapter="b" * 64,
    norms={"w": 2.0, "b": 1e-6},
    predictions=["one", "two"],
)


def told(**changed: Any) -> dict[str, tuple[str | None, bool]]:
    """What differs where some of the digits are others."""
    found = compare(THEN, replace(THEN, **changed))
    return {one.name: (one.differs, one.far) for one in found if one.differs is not None}


def test_the_same_digits_are_the_same() -> None:
    """Nothing differs."""
    assert told() == {}
    assert verdict(compare(THEN, THEN)).startswith("the same to the digit")


def test_the_last_digit_counts() -> None:
    """One unit in the last place of a metric differs, though not by more than rounding."""
    near = math.nextafter(0.25, 1.0)
    assert told(metrics={"BLEU": near, "METEOR": 0.5}) == {"BLEU": ("+5.55e-17", False)}


@pytest.mark.parametrize(
    ("changed", "name", "how", "far"),
    [
        ({"metrics": {"BLEU": 0.26, "METEOR": 0.5}}, "BLEU", "+0.01", True),
        ({"metrics": {"BLEU": 0.25, "METEOR": None}}, "METEOR", "not computed here", False),
        ({"metrics": {"BLEU": 0.25}}, "METEOR", "not computed here", False),
        ({"losses": [5.0, 4.1, 3.0], "trace": "c" * 64}, "training losses",
         "from the 2. on, by up to 1.0e-01", True),
        ({"losses": [5.0, 4.0001, 3.0], "trace": "c" * 64}, "training losses",
         "from the 2. on, by up to 1.0e-04", False),
        ({"trace": "c" * 64}, "training losses", "in how they are written", False),
        ({"validation": [4.5]}, "validation losses", "2 of them, here 1", True),
        ({"adapter": "c" * 64}, "adapter", "by less than the norms of its tensors show", False),
        ({"adapter": "c" * 64, "norms": {"w": 2.1, "b": 1e-6}}, "adapter",
         "by 1.0e-01 in the norm of w, 2", True),
        ({"adapter": "c" * 64, "norms": {"w": 2.0, "b": 9e-6}}, "adapter",
         "by 8.0e-06 in the norm of b, 1e-06", False),
        ({"adapter": "c" * 64, "norms": {"w": 2.0}}, "adapter", "in the names of its tensors",
         True),
        ({"predictions": ["one", "too"]}, "predictions", "1 of them", True),
    ],
)  # fmt: skip
def test_each_difference_is_told(
    changed: Mapping[str, Any], name: str, how: str, far: bool
) -> None:
    """Which quantity, by how much, and whether rounding may have done it."""
    assert told(**changed) == {name: (how, far)}


def test_the_verdict_tells_rounding_from_other_numbers() -> None:
    """Both are said plainly, with the quantities."""
    near = compare(THEN, replace(THEN, losses=[5.0, 4.0, 3.00001], trace="c" * 64))
    assert verdict(near).startswith("the same to 0.0001, but NOT to the digit: training losses")
    far = compare(THEN, replace(THEN, adapter="c" * 64, metrics={"BLEU": 0.3, "METEOR": None}))
    assert verdict(far).splitlines() == [
        "OTHER NUMBERS, apart by more than 0.0001: BLEU",
        "the same to 0.0001, but NOT to the digit: adapter",
        "NOT COMPARED, they need a Java that works: METEOR",
    ]


def test_the_text_shows_both_and_the_environment() -> None:
    """Stored and here side by side; then the facts that differ."""
    found = compare(THEN, replace(THEN, metrics={"BLEU": 0.3, "METEOR": 0.5}))
    then = {"packages": {"torch": "1"}, "cpu": "A", "threads": 1}
    text = as_text(found, then, {**then, "packages": {"torch": "2"}})
    rows = [line.split() for line in text.splitlines()]
    assert ["BLEU", "0.25", "0.3", "+0.05"] in rows
    assert ["METEOR", "0.5", "0.5", "same"] in rows
    assert ["packages.torch", "1", "2"] in rows
    assert "cpu" not in text
    assert "environment: the same packages" in as_text(found, then, then)


def test_facts_of_this_environment_compare_with_themselves() -> None:
    """They name what digits hang on, and differ where something is missing."""
    here = facts()
    assert list(differences(here, facts())) == []
    assert here.keys() >= {"packages", "cpu", "threads", "precision", "device", "torch_build"}
    assert list(differences({"a": 1}, {})) == [("a", "1", "not there")]
    assert ("precision", "fp32", "bf16") in differences(here, facts(precision="bf16"))


def test_the_build_of_torch_is_taken_apart() -> None:
    """Versions by name, as torch.__config__.show() prints them; no flags of its compiler."""
    text = (
        "PyTorch built with:\n  - GCC 13.3\n  - C++ Version: 202002\n"
        "  - Intel(R) oneAPI Math Kernel Library Version 2024.2-Product Build 1 for Intel(R) 64\n"
        "  - Intel(R) MKL-DNN v3.10.2 (Git Hash abc)\n  - LAPACK is enabled (usually by MKL)\n"
        "  - CPU capability usage: AVX512\n  - Build settings: BLAS_INFO=mkl, FLAGS= 2 -Wall\n"
    )
    assert torch_build(text) == {
        "GCC": "13.3",
        "C++": "202002",
        "Intel(R) oneAPI Math Kernel Library": "2024.2-Product Build 1 for Intel(R) 64",
        "Intel(R) MKL-DNN": "3.10.2 (Git Hash abc)",
    }


def test_the_cell_gives_the_same_digits_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in two folders; and its trained tensors are those that the norms are of."""
    monkeypatch.setenv("BENCH_JAVA", "/dev/null")
    inputs = load().probes[GENERATION].inputs
    one, other = (digits.run_cell(inputs, "cpu", "fp32") for _ in range(2))
    assert one == other
    assert len(one.losses) == inputs["settings"]["train"]["steps"]
    assert one.metrics["METEOR"] is None
    assert one.metrics["NIST"] == pytest.approx(load().probes[GENERATION].reading["NIST"])
    assert digits.run_cell(inputs, "cpu", "bf16") != one
