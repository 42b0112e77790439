"""What every task says about itself, and what the runner asks of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from bench.errors import ConfigError
from bench.metrics.scores import Scores

Row = Mapping[str, Any]
Split = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Pair:
    """One training example of a generation task: the loss is on `text` alone."""

    context: str
    text: str


@dataclass(frozen=True)
class Query:
    """One distinct input of a generation task, with all its references."""

    context: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class MetricInfo:
    """A metric of a task, under the name that records use."""

    name: str
    better: Literal["higher", "lower"] = "higher"


@dataclass(frozen=True)
class Source:
    """Where the rows of a task are published."""

    repository: str
    """Data set on the Hugging Face hub."""
    revision: str
    """Commit of it (40 hexadecimal digits)."""
    folder: str
    """Folder below `data.root` for `data=local`."""
    columns: tuple[str, ...]
    """Text columns that every row must have; any others are left out."""
    rows: Mapping[Split, int]
    """Rows of each published split."""
    licence: str
    file: str = "default/{split}/0000.parquet"
    """Parquet file of a split in the repository; by default where the hub's conversion puts it."""


class Task(ABC):
    """A task: metadata, rows to examples, predictions to scores.

    A subclass is a keyword-only dataclass whose fields are its options.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[int] = 1
    """Raised when the same rows would give other examples or other scores."""
    source: ClassVar[Source]
    metrics: ClassVar[tuple[MetricInfo, ...]]
    max_tokens: int
    """Longest training line, in tokens: context, text and end tokens together."""

    @abstractmethod
    def synthetic(self, split: Split) -> list[dict[str, Any]]:
        """Rows of the project's own making, in the published columns; always the same."""

    @abstractmethod
    def pairs(self, rows: Sequence[Row]) -> list[Pair]:
        """Training examples, one a row."""

    @abstractmethod
    def queries(self, rows: Sequence[Row]) -> list[Query]:
        """Distinct inputs in the order of their first row, with their references."""

    def demonstrated(self, context: str, shots: int) -> str:  # noqa: ARG002
        """`context` behind a description of the task and `shots` worked examples.

        Raises ConfigError where the task has no such prompt.
        """
        raise ConfigError(f"method.shots={shots}: task={self.key} has no prompt with examples")

    @abstractmethod
    def score(self, predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
        """Every metric of the task, one prediction against all references of its input."""
