"""Table specs: conf/table/<name>.yaml says which cells make the rows and columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Gt, MinLen
from pydantic import AfterValidator, ConfigDict
from pydantic.dataclasses import dataclass

from bench.check import build
from bench.errors import ConfigError, unknown
from bench.report.files import build_each, no_duplicates, section
from bench.report.published import PublishedTable, load_published, read_paper
from bench.store.names import is_name
from bench.store.plain import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from bench.report.runs import Run

STRICT = ConfigDict(extra="forbid")

_LATEX = re.compile(
    r"(?:[\w .,:;+\-=()/$_{}]|\^(?!\^)|\\(?:[,%&_#{}]|"
    r"(?:text(?:superscript|subscript|bf|it|rm|tt)|math(?:bf|it|rm)|emph|"
    r"alpha|beta|gamma|delta|lambda|pi|sigma|times|pm|dagger|star)(?![A-Za-z])))*",
    re.ASCII,
)


def harmless(text: str) -> str:
    """Refuse LaTeX with other commands than those of letters: a few can read and write files."""
    if not _LATEX.fullmatch(text):
        raise ValueError(f"{text!r}: only text, indices, Greek letters and fonts are allowed")
    return text


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Column:
    """One metric of one task."""

    metric: str
    """Name in records, or among bench.report.values.MEASURES."""
    task: str
    """The table's own, unless given."""
    printed: str
    """Name among the published columns: the metric's, unless given."""
    label: str
    scale: Annotated[float, Gt(0)]
    """What a record's value is multiplied by to stand beside the published one."""
    digits: Annotated[int, Ge(0)]
    """Digits after the decimal point, as the paper prints them."""
    unit: str
    better: Literal["higher", "lower"]
    where: dict[str, Any] = field(default_factory=dict, hash=False)
    """Settings that a run must have to be in this column, by dotted key; a row's own decide."""
    against: str | None = None
    """Method by whose run with the same seed a value is measured: the decrease in percent."""
    average: bool = False
    """Whether it is the mean of the table's other columns, seed by seed."""

    def holds(self, run: Run) -> bool:
        """Whether a run of the table belongs into this column."""
        return run.task == self.task


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RowSpec:
    """One method."""

    method: str
    label: str
    latex: Annotated[str, AfterValidator(harmless)] | None = None
    """The label as LaTeX, where the plain label with its signs escaped is not wanted."""
    variant: str | None = None
    """Which of the published rows of the method, where there are several."""
    where: dict[str, Any] = field(default_factory=dict)
    """Settings that a run must have to be in this row, by dotted key."""
    setting: dict[str, Any] = field(default_factory=dict)
    """What the paper states for this row, by dotted key; a value a task where they differ."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PaperModel:
    """The base model of the table's numbers."""

    name: str
    title: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Plot:
    """A table that is drawn as lines, one a method."""

    over: Literal["setting", "steps", "epochs"]
    """Scores over the values of a setting, the training loss over the steps, or the scores of
    the validation passes over the epochs."""
    key: str | None = None
    """The setting, by dotted key."""
    axis: str
    """What is on the horizontal axis, with its unit."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Quick:
    """How small a table's cells are in the quick preset, where its shape is what counts."""

    minutes: Annotated[int, Ge(1)]
    """That all cells take one after the other on two cores."""
    seeds: Annotated[tuple[Annotated[int, Ge(0)], ...], MinLen(1)] = (0, 1)
    overrides: tuple[str, ...]
    """Of every cell, as on the command line."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Tuning:
    """A table whose rows are each method with several values of one setting."""

    key: str
    """The setting, by dotted key."""
    default: dict[str, Any]
    """Of each method: the value that its paper states."""
    chosen_by: Literal["validation loss", "score"]
    """What chooses among the values: the last validation loss, or the table's first column."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Origin:
    """Where the published numbers are: conf/published/<paper>.yaml, tables.<table>."""

    paper: str
    table: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TableSpec:
    """A table, published or our own, and how records fill it."""

    name: str
    """Stem of the file, and of the files that are written."""
    title: str
    dataset: str | None = None
    """Name of the data set or benchmark, over figures; the task's name unless given."""
    task: str | None = None
    """Of every column that names none."""
    model: PaperModel
    published: PublishedTable | None = None
    """None for a table of our own."""
    overrides: tuple[str, ...] = ()
    """Of every cell, as on the command line: what settings a table of our own has."""
    setting: dict[str, Any] = field(default_factory=dict)
    """What the paper states for every row, by dotted key; a run that deviates is marked."""
    tuning: Tuning | None = None
    plot: Plot | None = None
    """None draws the scores of each row as dots."""
    says: str | None = None
    """What a paper's figure shows, where none of its numbers can be read."""
    quick: Quick
    seeds: Annotated[tuple[Annotated[int, Ge(0)], ...], MinLen(1)] = (0, 1, 2)
    """Of our runs of every row."""
    columns: tuple[Column, ...]
    rows: tuple[RowSpec, ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks of the columns, in their order."""
        return tuple(dict.fromkeys(column.task for column in self.columns if not column.average))

    @property
    def references(self) -> tuple[str, ...]:
        """Methods that columns are measured by."""
        return tuple(dict.fromkeys(one.against for one in self.columns if one.against))

    def where(self, task: str, row: RowSpec | None = None) -> dict[str, Any]:
        """Settings of the runs of a task: those of its columns, then of the row."""
        asked = next(column.where for column in self.columns if column.task == task)
        return {**asked, **(row.where if row else {})}

    def stated(self, task: str, row: RowSpec) -> dict[str, Any]:
        """What the paper states for a row on a task, by dotted key."""
        found = {}
        for key, value in {**self.setting, **row.setting}.items():
            of_task = value if isinstance(value, dict) else {task: value}
            if task in of_task:
                found[key] = of_task[task]
        return found

    def holds(self, run: Run, row: RowSpec | None = None) -> bool:
        """Whether a run belongs into a row; without one, to what columns are measured by."""
        methods = self.references if row is None else (row.method,)
        return (
            run.method in methods
            and run.task in self.tasks
            and all(run.settings.get(k) == v for k, v in self.where(run.task, row).items())
        )


def load_spec(
    path: Path, published: Path, read: Callable[[Path, str], Mapping[str, Any]] = read_paper
) -> TableSpec:
    """Read one table spec with the published numbers that it names.

    `published` is the folder of the papers' files, and `read` reads one of them.
    """
    values, name = read_yaml(path), path.stem
    if not is_name(name):
        raise ConfigError(f"{path}: its name must be of letters, digits and . _ + -")
    columns = build_each(Column, columns_of(values, name), f"{name}.columns")
    rows = build_each(RowSpec, section(values, "rows", name), f"{name}.rows")
    no_duplicates((f"{column.task} {column.metric}" for column in columns), f"{name}.columns")
    check_where(columns, f"{name}.columns")
    keys = (" ".join(filter(None, (row.method, row.variant))) for row in rows)
    no_duplicates(keys, f"{name}.rows")
    model = build(PaperModel, section(values, "model", name), f"{name}.model")
    printed = printed_in(values, name, published, read)
    for column in columns:
        if printed and column.printed not in printed.columns:
            raise unknown(f"{name}.columns", column.printed, "published column", printed.columns)
    for row in rows:
        if printed:
            printed.row(model.name, row.method, row.variant)
    built = {"columns": columns, "rows": rows, "model": model, "published": printed}
    return build(TableSpec, {**values, **built, "name": name}, name)


def printed_in(
    values: Mapping[str, Any],
    name: str,
    folder: Path,
    read: Callable[[Path, str], Mapping[str, Any]],
) -> PublishedTable | None:
    """The published numbers that a spec names, if any."""
    if values.get("published") is None:
        return None
    origin = build(Origin, values["published"], f"{name}.published")
    return load_published(folder, origin.paper, origin.table, read)


def columns_of(values: Mapping[str, Any], name: str) -> Any:
    """The columns as they stand in the file, with what they leave to the table."""
    listed = section(values, "columns", name)
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        return listed
    task = values.get("task")
    for column in listed:
        if column.get("task", task) is None and not column.get("average"):
            raise ConfigError(f"{name}.columns: {column.get('metric')} has no task, nor the table")
    return [
        {"task": "all", "metric": "average", "printed": "average", **column}
        if column.get("average")
        else {"task": task, "printed": column.get("metric"), **column}
        for column in listed
    ]


def check_where(columns: Iterable[Column], prefix: str) -> None:
    """Require that the columns of a task ask for the same settings: its runs make one line."""
    asked: dict[str, Column] = {}
    for column in columns:
        first = asked.setdefault(column.task, column)
        if column.where != first.where:
            raise ConfigError(
                f"{prefix}: {column.metric} has where={column.where}, {first.metric} of the same "
                f"task has {first.where}; give both the same, or make two tables"
            )


def load_specs(conf: Path) -> list[TableSpec]:
    """Read every table spec below the configuration folder, in the order of their names."""
    paths = sorted((conf / "table").glob("*.yaml"))
    read = cache(read_paper)  # a paper's file has many tables
    return [load_spec(path, conf / "published", read) for path in paths]
