"""The last stage: predictions to metrics. No model and no torch."""

from __future__ import annotations

import json
import time
from typing import Any

from bench.config import Cell
from bench.store.files import write_atomic
from bench.store.folder import RunFolder


def score(cell: Cell, folder: RunFolder) -> dict[str, Any]:
    """Score the predictions in the run's folder; the scores go beside them."""
    rows = folder.read_lines(folder.file("predict"))
    started = time.perf_counter()
    scores = cell.task.score(
        [row["prediction"] for row in rows], [row["references"] for row in rows]
    )
    seconds = time.perf_counter() - started
    found = {"metrics": dict(scores.values), "unavailable": dict(scores.unavailable)}
    write_atomic(folder.file("score"), json.dumps(found, indent=1) + "\n")
    return {**found, "time": {"score": seconds}}
