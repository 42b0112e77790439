"""The accuracies of GSM8K and MATH under three graders.

    accuracy_metamath   MetaMath's programs, as LoRMA and SVFT report it
    accuracy_strict     the data set's own format and rule
    accuracy_symbolic   equality as mathematics, by math-verify

Sources: `math_rules.py`, `math_symbolic.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bench.errors import MetricError
from bench.metrics.maths.answers import Kind
from bench.metrics.maths.rules import right_metamath, right_strict
from bench.metrics.maths.symbolic import right_symbolic
from bench.metrics.resampling import Measure, mean_of
from bench.metrics.scores import Scores, scores_of

VERSION = 1
"""Raised when the same texts would give other numbers."""

NAMES = ("accuracy_metamath", "accuracy_strict", "accuracy_symbolic")


def score_math(
    kind: Kind,
    predictions: Sequence[str],
    answers: Sequence[str],
    subsets: Mapping[str, Sequence[int]] | None = None,
    numbers: Sequence[int] | None = None,
) -> Scores:
    r"""The three accuracies (0-1) of worked solutions, each item 0 or 1.

    An answer is the published solution (`... #### 42`, `...\\boxed{42}...`) or the bare answer.
    Raises a MetricError for no or unpaired items, or an answer of the wrong form; it calls the
    items by `numbers`, from 1 on unless given. Where math-verify does not work,
    accuracy_symbolic is None and `unavailable` gives the reason.
    """
    _check(predictions, answers)
    pairs = list(zip(predictions, answers, strict=True))
    named = list(zip(numbers or range(1, len(pairs) + 1), pairs, strict=True))
    measures = {
        "accuracy_metamath": _accuracy([_right(right_metamath, kind, *one) for one in named]),
        "accuracy_strict": _accuracy([_right(right_strict, kind, *one) for one in named]),
    }
    unavailable = {}
    try:
        measures["accuracy_symbolic"] = _accuracy(right_symbolic(kind, predictions, answers))
    except MetricError as error:
        unavailable["accuracy_symbolic"] = str(error)
    return scores_of(measures, len(pairs), unavailable=unavailable, subsets=subsets)


def _right(
    rule: Callable[[Kind, str, str], bool], kind: Kind, number: int, pair: tuple[str, str]
) -> bool:
    """The verdict of a rule; a MetricError names the item."""
    try:
        return rule(kind, *pair)
    except MetricError as error:
        raise MetricError(f"item {number}: {error}") from None


def _accuracy(verdicts: Sequence[bool]) -> Measure:
    return mean_of(np.array(verdicts, dtype=np.float64))


def _check(predictions: Sequence[str], answers: Sequence[str]) -> None:
    if len(predictions) != len(answers):
        raise MetricError(
            f"{len(predictions)} predictions but {len(answers)} answers; "
            "give one answer for each prediction"
        )
    if not predictions:
        raise MetricError("no predictions; give one or more")
