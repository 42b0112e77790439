"""Probes of how each task scores: its items, subsets and names, on top of a family's metrics."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from bench.canary.disturb import disturbed, solved
from bench.canary.probe import Inputs, Probe, Reading, UnprobedError
from bench.canary.tasks import first_rows, with_defaults
from bench.canary.versions import is_own
from bench.metrics.e2e import CAPTION_NAMES
from bench.registry import tasks
from bench.tasks.base import Task

ROWS = 12
"""Rows of each file."""


def probes() -> list[Probe]:
    """One for each task."""
    return [
        Probe(
            name=f"scores of {key}",
            components=(f"task {key}",),
            rests_on=(f"metrics {kind.scorer.rpartition('.')[2]}",),
            inputs=partial(inputs, kind),
            read=partial(read, kind),
        )
        for key, kind in tasks().items()
        if is_own(kind)
    ]


def inputs(kind: type[Task]) -> Inputs:
    """Lines of predictions for the queries of the split that is scored."""
    task, rows = with_defaults(kind), first_rows(kind, ROWS)["rows"]
    files = kind.files.get("test") or kind.files["validation"]
    gold = [
        query.gold for file in files for query in task.queries(rows[file.name], subset=file.subset)
    ]
    return {"lines": [{"prediction": guess(one, n), **one} for n, one in enumerate(gold)]}


def guess(gold: Mapping[str, Any], index: int) -> str | float:
    """A prediction that is right or nearly so, but not always."""
    if "references" in gold:
        return disturbed(gold["references"][0], index)
    if "answer" in gold:
        return solved(gold["answer"], index)
    label: float = gold["label"]
    if isinstance(label, float):
        return label + index % 4 / 3
    return int(not label) if index % 3 == 0 else label


def read(kind: type[Task], inputs: Inputs) -> Reading:
    """Every score that needs no Java: those that do have a probe of their own."""
    task = with_defaults(kind)
    with without_java():
        scores = task.score([task.item(**line) for line in inputs["lines"]])
    for name, reason in scores.unavailable.items():
        if not name.startswith(CAPTION_NAMES):
            raise UnprobedError(f"{name}: {reason}")
    return {name: value for name, value in scores.values.items() if value is not None}


@contextmanager
def without_java() -> Iterator[None]:
    """Let the metrics find no Java, which takes seconds to start."""
    before = os.environ.get("BENCH_JAVA")
    os.environ["BENCH_JAVA"] = os.devnull
    try:
        yield
    finally:
        del os.environ["BENCH_JAVA"]
        if before is not None:
            os.environ["BENCH_JAVA"] = before
