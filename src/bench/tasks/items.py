"""Lines of predictions: what a model said beside what it is scored against.

The same classes read the lines that `python -m bench.score` takes and those of a run's
predictions.jsonl. Other keys in a line (context, logits ...) are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Len
from pydantic import ConfigDict, Strict
from pydantic.dataclasses import dataclass

LINE = ConfigDict(extra="ignore")

Text = Annotated[str, Strict()]
Number = Annotated[int, Strict()] | Annotated[float, Strict()]


@dataclass(frozen=True, kw_only=True, config=LINE)
class TextItem:
    """A text and its references."""

    prediction: Text
    references: Annotated[list[Text], Len(1)]
    subsets: tuple[str, ...] = ()
    """Names of what it belongs to (`seen`, `Airport`): NAME_SUBSET scores these alone."""


@dataclass(frozen=True, kw_only=True, config=LINE)
class LabelItem:
    """A class, by its index or name, or a value."""

    prediction: Number | Text
    label: Number | Text
    subsets: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, config=LINE)
class AnswerItem:
    """A worked solution and the right answer: a published solution, or its last line's value."""

    prediction: Text
    answer: Text
    subsets: tuple[str, ...] = ()


def subsets_of(items: Sequence[TextItem | LabelItem | AnswerItem]) -> dict[str, list[int]]:
    """Indices of the items of every subset, subsets in alphabetical order."""
    found: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        for name in dict.fromkeys(item.subsets):
            found.setdefault(name, []).append(index)
    return dict(sorted(found.items()))
