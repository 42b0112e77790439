"""Scores of items of two test sets, each by its own rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from bench.errors import MetricError
from bench.metrics.math import NAMES, score_math
from bench.metrics.maths.answers import Kind
from bench.metrics.scores import Scores
from bench.tasks.items import AnswerItem, subsets_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KINDS: tuple[Kind, ...] = get_args(Kind)
"""The two test sets."""


def score_by_kind(items: Sequence[AnswerItem]) -> Scores:
    """The accuracies of each test set and of its subsets, under names that end in theirs.

    Raises a MetricError where an item is in neither test set or in both.
    """
    kinds = [kind_of(item, number) for number, item in enumerate(items, start=1)]
    found: dict[Kind, Scores] = {}
    for kind in KINDS:
        numbers = [number for number, its in enumerate(kinds, start=1) if its == kind]
        own = [items[number - 1] for number in numbers]
        if own:
            predictions, answers = [one.prediction for one in own], [one.answer for one in own]
            found[kind] = score_math(kind, predictions, answers, subsets_of(own), numbers)
    return together(found, kinds)


def kind_of(item: AnswerItem, number: int) -> Kind:
    """The test set of an item."""
    kinds = [kind for kind in KINDS if kind in item.subsets]
    if len(kinds) != 1:
        raise MetricError(
            f"item {number}: subsets={list(item.subsets)}: must have one of {', '.join(KINDS)}, "
            "the test set that it is of"
        )
    return kinds[0]


def together(found: Mapping[Kind, Scores], kinds: Sequence[Kind]) -> Scores:
    """The scores of each test set's subsets, itself the first; `kinds` are those of the items.

    What a test set says of itself without a subset's name is left out: both would say it. The
    score of an item by itself needs no such name. A test set without items has no score.
    """
    absent = {
        f"{rule}_{kind}": f"no items of {kind}"
        for rule in NAMES
        for kind in KINDS
        if kind not in found
    }
    parts = [found[kind] for kind in KINDS if kind in found]
    items = {}
    for rule in NAMES:
        if all(rule in part.items for part in parts):
            waiting = {kind: iter(scores.items[rule]) for kind, scores in found.items()}
            items[rule] = tuple(next(waiting[kind]) for kind in kinds)
    return Scores(
        values=_named([part.values for part in parts]) | dict.fromkeys(absent),
        unavailable=_named([part.unavailable for part in parts]) | absent,
        errors=_named([part.errors for part in parts]),
        items=items,
        resampled=_named([part.resampled for part in parts]),
    )


def _named(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What stands under the name of a subset, in all parts."""
    return {name: one for part in parts for name, one in part.items() if name not in NAMES}
