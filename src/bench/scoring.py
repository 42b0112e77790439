"""The last stage: predictions to metrics. No model and no torch."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.config import Cell
from bench.store.files import write_atomic
from bench.store.folder import RunFolder
from bench.store.redact import redacted

DIGITS = 6
"""Significant digits of a resampled score."""
SAMPLE = 3
"""Predictions that a record shows."""
LONGEST = 2000
"""Characters of a text among them."""


def score(cell: Cell, folder: RunFolder) -> dict[str, Any]:
    """Score the predictions in the run's folder; the scores go beside them."""
    rows = folder.read_lines(folder.file("predict"))
    started = time.perf_counter()
    scores = cell.task.score([cell.task.item(**row) for row in rows])
    seconds = time.perf_counter() - started
    names = list(scores.items)
    lines = [
        dict(zip(names, each, strict=True)) for each in zip(*scores.items.values(), strict=True)
    ]
    folder.write_lines(folder.items, lines)
    found = {
        "metrics": dict(scores.values),
        "unavailable": redacted(dict(scores.unavailable)),
        "sampling_error": {name: asdict(error) for name, error in scores.errors.items()},
        "resampled": {
            metric.name: in_one_line(scores.resampled[metric.name])
            for metric in cell.task.metrics
            if metric.name in scores.resampled
        },
    }
    write_atomic(folder.file("score"), json.dumps(found, indent=1) + "\n")
    artifacts = {"items": folder.artifact(folder.items)}
    return {
        **found,
        # Inputs and references have licences of their own, so that no record carries them.
        "sample": [{"prediction": shortened(row.get("prediction"))} for row in rows[:SAMPLE]],
        "time": {"score": seconds},
        "artifacts": artifacts,
    }


def shortened(value: Any) -> Any:
    """A prediction, cut where it is a long text."""
    return value[:LONGEST] if isinstance(value, str) else value


def in_one_line(scores: Sequence[float]) -> str:
    """Resampled scores as a record has them."""
    return " ".join(f"{score:.{DIGITS}g}" for score in scores)
