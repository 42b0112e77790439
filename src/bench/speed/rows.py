"""What steps, validation and decoding are measured on: rows of a task, or random ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bench.attach.attach import Attached
from bench.config import Cell
from bench.material import Material
from bench.models.load import Loaded
from bench.problems.base import Problem
from bench.speed.decode import Prompts
from bench.speed.drawn import INPUTS, TRAINING, VALIDATION, random_lines, random_prompts
from bench.training.batches import Line
from bench.training.text import contexts

Part = Literal["train", "validation"]


class SpeedRows(Protocol):
    """The rows of a measurement."""

    def lines(
        self, part: Part, problem: Problem, attached: Attached, loaded: Loaded
    ) -> Sequence[Line]:
        """The rows of a split as a cell's method sees them."""

    def prompts(self, loaded: Loaded) -> Prompts:
        """The inputs that are decoded."""


@dataclass(frozen=True, kw_only=True)
class TaskRows:
    """The rows of the cells' task."""

    material: Material

    def lines(
        self, part: Part, problem: Problem, attached: Attached, loaded: Loaded
    ) -> Sequence[Line]:
        """The rows of a split as tokens."""
        rows: Sequence[Any] = getattr(self.material, part)
        return problem.lines(attached, loaded.tokenizer, rows)

    def prompts(self, loaded: Loaded) -> Prompts:
        """The inputs of the split that is predicted."""
        return contexts(loaded.tokenizer, [query.context for query in self.material.evaluation])


@dataclass(frozen=True, kw_only=True)
class DrawnRows:
    """Random tokens, in as many lines as E2E has and as long; limits of the cell hold."""

    cell: Cell

    def lines(
        self,
        part: Part,
        problem: Problem,
        attached: Attached,
        loaded: Loaded,  # noqa: ARG002
    ) -> Sequence[Line]:
        """The lines of a split: those of one are not those of another."""
        cell, train = problem.cell, part == "train"
        number = TRAINING if train else VALIDATION
        limit = cell.train.limit if train else cell.train.validation_limit
        seed = cell.seed if train else cell.seed + 2
        return random_lines(attached, min(number, limit or number), seed)

    def prompts(self, loaded: Loaded) -> Prompts:
        """Inputs that are drawn apart from the lines."""
        number = min(INPUTS, self.cell.eval.limit or INPUTS)
        return random_prompts(loaded.model.config.vocab_size, number, self.cell.seed + 1)
