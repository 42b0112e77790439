"""What every task says about itself, and what the runner asks of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from bench.errors import ConfigError
from bench.metrics.resampling import Measure
from bench.metrics.scores import Scores
from bench.tasks.items import LabelItem
from bench.tasks.published import File

Row = Mapping[str, Any]
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class Pair:
    """One training example of a generation task: the loss is on `text` alone."""

    context: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Query:
    """One input of a generation task whose output is scored."""

    context: str
    gold: Mapping[str, Any]
    """What the output is scored against, as it stands beside it in predictions.jsonl."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One example of a classification task."""

    first: str
    second: str | None
    label: float
    """Index of the class, or the value where the task is a regression."""
    gold: Mapping[str, Any] = field(default_factory=dict)
    """What the prediction is scored against, as it stands beside it in predictions.jsonl."""


@dataclass(frozen=True)
class MetricInfo:
    """A metric of a task, under the name that records use."""

    name: str
    better: Literal["higher", "lower"] = "higher"


def check_one_shot(task: str, shots: int) -> None:
    """Raise a ConfigError unless one example is asked for, all that the prompt of `task` has."""
    if shots != 1:
        raise ConfigError(
            f"method.shots={shots}: the prompt of task={task} has one example; must be 1"
        )


class Task(ABC):
    """A task: metadata, rows to examples, predictions to scores.

    A subclass of GenerationTask or ClassificationTask is a keyword-only dataclass whose
    fields are its options.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[int] = 1
    """Raised when the same rows would give other examples or other scores."""
    files: ClassVar[Mapping[Split, tuple[File, ...]]]
    """Where the rows of each split are published; a split that does not exist is left out."""
    metrics: ClassVar[tuple[MetricInfo, ...]]
    """The first is the task's main metric. Scores may have more, for subsets of the items."""
    scorer: ClassVar[str] = "bench.metrics"
    """The module whose VERSION is that of the metrics."""
    protocol: ClassVar[str]
    """How the published numbers are measured, in a sentence with its source."""
    item: ClassVar[type]
    """A class of bench.tasks.items: what a line of predictions holds."""
    max_tokens: int
    """Longest training line, in tokens, whatever ends and begins it included."""

    @abstractmethod
    def synthetic(self, file: File) -> list[dict[str, Any]]:
        """Rows of the project's own making, in the published columns; always the same."""

    @abstractmethod
    def examples(self, rows: Sequence[Row]) -> Sequence[Any]:
        """Training examples: Pair or Labelled, one a row or more."""

    @abstractmethod
    def queries(self, rows: Sequence[Row], subset: str = "") -> Sequence[Any]:
        """What is predicted and scored: Query or Labelled; `subset` is that of the rows' file."""

    def demonstrated(self, context: str, shots: int) -> str:  # noqa: ARG002
        """`context` behind a description of the task and `shots` worked examples.

        Raises ConfigError where the task has no such prompt.
        """
        raise ConfigError(f"method.shots={shots}: task={self.key} has no prompt with examples")

    @abstractmethod
    def score(self, items: Sequence[Any]) -> Scores:
        """Every metric of the task; `items` are of the class `self.item`."""


class GenerationTask(Task):
    """A task whose outputs are texts.

    A training line reads `context <end> text <end>` with the loss behind the first end; where
    `separated` is false, `<begin> context text <end>` with the loss on the text and end.
    """

    separated: ClassVar[bool] = True
    lead: ClassVar[str] = " "
    """What stands before the text, and bears loss like it."""

    @abstractmethod
    def examples(self, rows: Sequence[Row]) -> list[Pair]:
        """Training examples, in the order of their rows."""

    @abstractmethod
    def queries(self, rows: Sequence[Row], subset: str = "") -> list[Query]:
        """Inputs that are decoded once each."""


class ClassificationTask(Task):
    """A task whose outputs are labels, from a head on top of the model."""

    labels: ClassVar[int]
    """Number of classes; 1 for a regression."""

    @abstractmethod
    def measures(self, items: Sequence[LabelItem]) -> Mapping[str, Measure]:
        """Every metric of the items together."""

    @abstractmethod
    def examples(self, rows: Sequence[Row]) -> list[Labelled]:
        """Training examples, one a row."""

    @abstractmethod
    def queries(self, rows: Sequence[Row], subset: str = "") -> list[Labelled]:
        """Examples whose label is predicted, one a row."""
