"""`python -m bench` with scores that take no Java."""

from __future__ import annotations

import sys

from bench.__main__ import main
from bench.metrics import e2e
from bench.metrics.scores import Scores


def lengths(predictions: list[str], references: list[list[str]]) -> Scores:
    """Characters of all predictions."""
    return Scores({"BLEU": float(sum(map(len, predictions))), "METEOR": float(len(references))})


if __name__ == "__main__":
    e2e.score_e2e = lengths  # type: ignore[assignment]
    sys.exit(main())
