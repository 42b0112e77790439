"""Numbers that papers print: conf/published/<paper>.yaml, one section a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict, FiniteFloat
from pydantic.dataclasses import dataclass

from bench.check import build
from bench.errors import unknown
from bench.report.files import build_each, no_duplicates, section
from bench.store.plain import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Paper:
    """Where the numbers are printed."""

    title: str
    authors: tuple[str, ...]
    arxiv: str | None
    venue: str

    @property
    def reference(self) -> str:
        """Title and place, in one line."""
        place = self.venue if self.arxiv is None else f"arXiv {self.arxiv}, {self.venue}"
        return f"{self.title} ({place})"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PublishedRow:
    """One printed row. Its key is model + method, and `variant` where these do not suffice."""

    model: str
    method: str
    variant: str | None = None
    source: Literal["measured", "quoted"]
    """Measured by the paper's authors, or quoted by them from earlier work."""
    params: str | None
    """Number of trained parameters as printed, such as 0.3M."""
    values: dict[str, FiniteFloat | None]
    """Printed number by the metric's name in records; null where it cannot be read."""
    std: dict[str, FiniteFloat | None] | None = None
    """Printed standard deviation by the metric's name, in papers that give one."""
    note: str | None = None

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What names the row in its table."""
        return (self.model, self.method, self.variant)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PublishedTable:
    """One printed table."""

    paper: Paper
    number: str
    """As printed: Table 3."""
    title: str
    columns: dict[str, str]
    """Printed heading by the metric's name in records."""
    aggregation: str
    """What a printed number is: seeds, epochs, and the deviation if any."""
    note: str | None = None
    rows: tuple[PublishedRow, ...]

    def row(self, model: str, method: str, variant: str | None = None) -> PublishedRow:
        """Find a printed row; a ConfigError lists those of the table where it has none."""
        rows = {row.key: row for row in self.rows}
        key = (model, method, variant)
        if key not in rows:
            names = [" ".join(part for part in known if part) for known in rows]
            wanted = " ".join(part for part in key if part)
            raise unknown(f"{self.number} row", wanted, "published row", names)
        return rows[key]


def read_paper(folder: Path, paper: str) -> dict[str, Any]:
    """Read `folder`/<paper>.yaml, unchecked."""
    path = folder / f"{paper}.yaml"
    if not path.is_file():
        papers = [known.stem for known in folder.glob("*.yaml")]
        raise unknown("published.paper", paper, "paper in conf/published", papers)
    return read_yaml(path)


def load_published(
    folder: Path,
    paper: str,
    table: str,
    read: Callable[[Path, str], Mapping[str, Any]] = read_paper,
) -> PublishedTable:
    """Read the table called `table` of a paper, checked; `read` reads the paper's file."""
    values = read(folder, paper)
    tables = section(values, "tables", paper)
    if not isinstance(tables, Mapping) or table not in tables:
        raise unknown("published.table", table, f"table in {paper}.yaml", list(tables or ()))
    prefix = f"{paper}.{table}"
    rows = build_each(PublishedRow, section(tables[table], "rows", prefix), f"{prefix}.rows")
    no_duplicates((row.key for row in rows), f"{prefix}.rows")
    origin = build(Paper, section(values, "paper", paper), f"{paper}.paper")
    built = build(PublishedTable, {**tables[table], "rows": rows, "paper": origin}, prefix)
    for row in rows:
        for name in (*row.values, *(row.std or {})):
            if name not in built.columns:
                raise unknown(f"{prefix}.rows.{row.method}", name, "column", built.columns)
    return built
