"""The kind of a task."""

from __future__ import annotations

from bench.config import Cell
from bench.problems.base import Problem
from bench.problems.classification import Classification
from bench.problems.generation import Generation
from bench.tasks.base import ClassificationTask


def problem_of(cell: Cell, *, autocast: bool) -> Problem:
    """What the stages do for the task of a cell."""
    kind = Classification if isinstance(cell.task, ClassificationTask) else Generation
    return kind(cell, autocast)
