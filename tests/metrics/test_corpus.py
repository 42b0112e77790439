from __future__ import annotations

from typing import Any

import pytest

from bench.errors import MetricError
from bench.metrics.corpus import check_corpus


@pytest.mark.parametrize(
    ("predictions", "references", "message"),
    [
        ([], [], "no predictions"),
        (["a"], [], "1 predictions but 0 lists of references"),
        (["a", None], [["a"], ["b"]], "prediction 2 is None"),
        (["a"], ["abc"], "references 1 are 'abc'; give a list of texts"),
        (["a"], [["b", 3]], "references 1 are .*; give a list of texts"),
        (["a", "b"], [["a"], []], "prediction 2 has no reference"),
    ],
)
def test_what_cannot_be_scored_is_named(
    predictions: list[Any], references: list[Any], message: str
) -> None:
    """Each broken corpus has its own message, with the item's number."""
    with pytest.raises(MetricError, match=message):
        check_corpus(predictions, references)


def test_ragged_references_and_empty_texts_are_fine() -> None:
    """Nothing is raised for what a model may well produce."""
    check_corpus(["", "a"], [["b"], ("c", "", "d")])
