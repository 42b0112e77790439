"""What the tasks of GLUE have in common: rows to examples, predictions to scores.

Only splits with labels are read. Those of the test splits are hidden; MRPC's are published,
but the papers report the validation split of every task, so here no task has a test split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from bench.errors import DataError
from bench.metrics.glue import METRICS, measure_glue
from bench.metrics.resampling import Measure
from bench.metrics.scores import Scores, scores_of
from bench.tasks.base import ClassificationTask, Labelled, MetricInfo, Row, Split
from bench.tasks.items import LabelItem, subsets_of
from bench.tasks.published import File, Source, unchanged
from bench.tasks.synthetic.glue import generate
from bench.types import Count

Rows = Iterable[Mapping[str, Any]]

REPOSITORY = "nyu-mll/glue"
REVISION = "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"
PATH = "{}/{}-00000-of-00001.parquet"

HIDDEN = -1
"""Label of the rows of a test split."""


def source(
    key: str,
    licence: str,
    texts: Sequence[str],
    label: type = int,
    adapt: Callable[[Rows], Rows] = unchanged,
) -> Source:
    """One of the data sets of the repository, each with a licence of its own."""
    return Source(
        repository=REPOSITORY,
        revision=REVISION,
        licence=licence,
        folder=f"glue/{key}",
        columns={**dict.fromkeys(texts, str), "label": label},
        adapt=adapt,
    )


def published(source: Source, **parts: tuple[int, str | None]) -> dict[Split, tuple[File, ...]]:
    """Files by split; each of `parts`, SPLIT or SPLIT_SUBSET, has its rows and content hash."""
    found: dict[Split, tuple[File, ...]] = {}
    for name, (rows, sha256) in parts.items():
        split, _, subset = name.partition("_")
        path = PATH.format(source.folder.removeprefix("glue/"), name)
        one = File(source=source, name=name, rows=rows, sha256=sha256, paths=(path,), subset=subset)
        key = cast("Split", split)
        found[key] = (*found.get(key, ()), one)
    return found


def metrics(key: str) -> tuple[MetricInfo, ...]:
    """The metrics of a task, the main one first."""
    return tuple(MetricInfo(name) for name in METRICS[key])


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Glue(ClassificationTask):
    """A task with classes; a regression overrides what is said of labels."""

    texts: ClassVar[tuple[str, ...]]
    """Columns of its one or two texts."""
    classes: ClassVar[tuple[str, ...]]
    """Names of the classes, by index."""
    item = LabelItem
    scorer = "bench.metrics.glue"
    protocol = (
        "the best epoch on the validation split is reported on that split, mean of 3 seeds "
        "(LoRMA, arXiv 2506.07621, Table 2)"
    )

    max_tokens: Count = 128
    """Longest line in tokens, special ones included; the longer of two texts is cut first."""

    @property
    def allowed(self) -> str:
        """The labels, for a message."""
        return ", ".join(f"{index} ({name})" for index, name in enumerate(self.classes))

    def is_label(self, value: float) -> bool:
        """Whether rows may have this label."""
        return value in range(len(self.classes))

    def number(self, value: float | str, where: str) -> float:
        """The index of a class by its index or name; a DataError that begins with `where`."""
        if isinstance(value, str) and value in self.classes:
            return self.classes.index(value)
        if isinstance(value, str) or not self.is_label(value):
            raise DataError(
                f"{where}={value}: no label of task={self.key}; allowed: {self.allowed}"
            )
        return value

    def synthetic(self, file: File) -> list[dict[str, Any]]:
        """Rows of the project's own making (bench.tasks.synthetic.glue)."""
        return generate(self.key, file.name)

    def examples(self, rows: Sequence[Row]) -> list[Labelled]:
        """One example a row."""
        return self.queries(rows)

    def queries(self, rows: Sequence[Row], subset: str = "") -> list[Labelled]:
        """The texts of every row and its label; a DataError for a row that has none."""
        subsets = {"subsets": [subset]} if subset else {}
        found = []
        for row in rows:
            label = row["label"]
            if not self.is_label(label):
                hint = "; rows of a test split have none" if label == HIDDEN else ""
                raise DataError(
                    f"label={label}: no label of task={self.key}{hint}; allowed: {self.allowed}"
                )
            first, second = (*(row[name] for name in self.texts), None)[:2]
            gold = {"label": label, **subsets}
            found.append(Labelled(first=first, second=second, label=label, gold=gold))
        return found

    def measures(self, items: Sequence[LabelItem]) -> dict[str, Measure]:
        """Every metric of the items together."""
        predictions = [
            self.number(one.prediction, f"item {n}: prediction") for n, one in enumerate(items, 1)
        ]
        labels = [self.number(one.label, f"item {n}: label") for n, one in enumerate(items, 1)]
        return measure_glue(self.key, predictions, labels)

    def score(self, items: Sequence[LabelItem]) -> Scores:
        """Every metric, of all items and of those of each subset."""
        return scores_of(self.measures(items), len(items), subsets=subsets_of(items))
