"""Probes of tasks: what a few rows become."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from bench.canary.probe import Inputs, Probe, Reading
from bench.canary.versions import is_own
from bench.check import build
from bench.errors import ConfigError
from bench.registry import tasks
from bench.tasks.base import Task

ROWS = 4
"""Rows of each file."""


def probes() -> list[Probe]:
    """One for each task."""
    return [
        Probe(
            name=f"task {key}",
            components=(f"task {key}",),
            inputs=partial(first_rows, kind, ROWS),
            read=partial(read, kind),
        )
        for key, kind in tasks().items()
        if is_own(kind)
    ]


def with_defaults(kind: type[Task]) -> Task:
    """The task without any option."""
    return build(kind, {}, "task")


def first_rows(kind: type[Task], count: int) -> Inputs:
    """The first synthetic rows of each file of a task."""
    task = with_defaults(kind)
    files = [file for few in kind.files.values() for file in few]
    return {"rows": {file.name: task.synthetic(file)[:count] for file in files}}


def read(kind: type[Task], inputs: Inputs) -> Reading:
    """Digests of the examples and queries of every file, and the first of them as they are."""
    task = with_defaults(kind)
    found: Reading = {}
    for split, files in kind.files.items():
        for file in files:
            rows = inputs["rows"][file.name]
            made = (
                task.examples(rows) if split == "train" else task.queries(rows, subset=file.subset)
            )
            found[f"first of {file.name}"] = text_of(made[:1])
            found[file.name] = digest(made)
            if split != "train" and (prompt := one_shot(task, made)) is not None:
                found["prompt with an example"] = prompt
    return found


def one_shot(task: Task, queries: Sequence[Any]) -> str | None:
    """The prompt of the first query behind a worked example, where the task has one."""
    try:
        return task.demonstrated(getattr(queries[0], "context", ""), 1)
    except ConfigError:
        return None


def digest(made: Sequence[Any]) -> str:
    """Hash of examples or queries."""
    return hashlib.sha256(text_of(made).encode()).hexdigest()


def text_of(made: Sequence[Any]) -> str:
    """Examples or queries as JSON."""
    return json.dumps([asdict(one) for one in made], ensure_ascii=False, sort_keys=True)
