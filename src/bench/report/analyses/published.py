"""What papers print about weights, costs and data: conf/published/<paper>.yaml, `analyses`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge, MinLen
from pydantic import ConfigDict, FiniteFloat, StringConstraints
from pydantic.dataclasses import dataclass

from bench.check import build
from bench.report.analyses.formula import TERM
from bench.report.files import section
from bench.report.published import Paper
from bench.store.plain import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

STRICT = ConfigDict(extra="forbid")
Whole = Annotated[int, Ge(0)]
Count = Annotated[str, StringConstraints(pattern=rf"^{TERM}( \+ {TERM})*$")]
"""A sum of products of the letters of a shape."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Printed:
    """What every table and figure has."""

    number: str
    """As printed: Table 9."""
    title: str
    note: str | None = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class OfModel(Printed):
    """One that is about a model."""

    model: str
    model_title: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Operation:
    """What a method computes."""

    method: str
    computation: str
    complexity: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Operations(Printed):
    """LoRMA, Table 1."""

    rows: Annotated[tuple[Operation, ...], MinLen(1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Counted:
    """How many operations that takes."""

    method: str
    count: Count
    complexity: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Counts(Printed):
    """LoRMA, Table 11."""

    rows: Annotated[tuple[Counted, ...], MinLen(1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Measure:
    """A column of the similarities."""

    measure: str
    """Field of a compare analysis."""
    label: str
    better: Literal["higher", "lower"]
    digits: Whole


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Similarity:
    """One printed row, across as many columns."""

    layer: Whole
    method: str
    """Or `random`, for a matrix of independent values."""
    values: dict[str, FiniteFloat]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Similarities(OfModel):
    """LoRMA, Table 9."""

    blocks: Whole
    """Of the model."""
    columns: tuple[Measure, ...]
    rows: Annotated[tuple[Similarity, ...], MinLen(1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Size:
    """Rows of a data set; a text where the paper rounds."""

    task: str
    label: str
    train: Whole | str | None = None
    validation: Whole | str | None = None
    test: Whole | str | None = None
    total: Whole | str | None = None
    file: str | None = None
    """Name of the validation rows in records, where it is another."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Sizes(Printed):
    """LoRMA, Table 12."""

    rows: Annotated[tuple[Size, ...], MinLen(1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Rank:
    """The rank of a method's update."""

    method: str
    value: Whole


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Ranks(OfModel):
    """LoRMA, Table 15."""

    task: str
    blocks: Whole
    layer: Whole
    rank: Whole
    """Of the adapter."""
    full: Whole
    """Rank that an update can have at most."""
    rows: Annotated[tuple[Rank, ...], MinLen(1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Training(OfModel):
    """LoRMA, Figure 7."""

    full: Whole


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Statement:
    """What an approximation is said to keep."""

    by: Literal["singular_values", "entries"]
    kept: FiniteFloat
    above: FiniteFloat
    """Energy, as a fraction."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Energies(OfModel):
    """LoDA, Figure 2."""

    block: Whole
    rows: Annotated[tuple[Statement, ...], MinLen(1)]


@dataclass(frozen=True, kw_only=True)
class Analyses:
    """All of them, and the papers that they are from."""

    lorma: Paper
    loda: Paper
    operations: Operations
    similarities: Similarities
    counts: Counts
    sizes: Sizes
    ranks: Ranks
    training: Training
    energies: Energies


def load_analyses(conf: Path) -> Analyses:
    """Read both papers below conf/published; a ConfigError names what is wrong."""
    values = {name: read_yaml(conf / "published" / f"{name}.yaml") for name in ("lorma", "loda")}
    lorma, loda = (section(values[name], "analyses", name) for name in values)
    prefix = "lorma.analyses"
    return Analyses(
        lorma=build(Paper, section(values["lorma"], "paper", "lorma"), "lorma.paper"),
        loda=build(Paper, section(values["loda"], "paper", "loda"), "loda.paper"),
        operations=build(Operations, section(lorma, "table_1", prefix), f"{prefix}.table_1"),
        similarities=build(Similarities, section(lorma, "table_9", prefix), f"{prefix}.table_9"),
        counts=build(Counts, section(lorma, "table_11", prefix), f"{prefix}.table_11"),
        sizes=build(Sizes, section(lorma, "table_12", prefix), f"{prefix}.table_12"),
        ranks=build(Ranks, section(lorma, "table_15", prefix), f"{prefix}.table_15"),
        training=build(Training, section(lorma, "figure_7", prefix), f"{prefix}.figure_7"),
        energies=build(Energies, section(loda, "figure_2", "loda.analyses"), "loda.figure_2"),
    )
