"""The task section of a cell: a registered task with its options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.check import build, section
from bench.registry import choose, tasks
from bench.tasks.base import Task


def task_from(values: Mapping[str, Any]) -> Task:
    """Build the task that `conf/task/*.yaml` and overrides describe."""
    options = section(values, "task")
    return build(choose(tasks(), "task", options.pop("name", "")), options, "task")
