"""What every metric asks of its input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.errors import MetricError

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_corpus(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    """Raise a MetricError unless each prediction is text with one or more reference texts."""
    if len(predictions) != len(references):
        raise MetricError(
            f"{len(predictions)} predictions but {len(references)} lists of references; "
            "give one list of references for each prediction"
        )
    if not predictions:
        raise MetricError("no predictions; give one or more")
    for number, (prediction, texts) in enumerate(zip(predictions, references, strict=True), 1):
        if not isinstance(prediction, str):
            raise MetricError(f"prediction {number} is {prediction!r}; give text")
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise MetricError(f"references {number} are {texts!r}; give a list of texts")
        if not texts:
            raise MetricError(f"prediction {number} has no reference; give one or more")
