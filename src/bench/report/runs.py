"""The records of a results folder, as far as tables use them, each field checked."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import MinLen
from pydantic import BeforeValidator, FiniteFloat, Strict, StringConstraints
from pydantic.dataclasses import dataclass

from bench.check import build
from bench.errors import BenchError, StoreError
from bench.nested import flatten
from bench.printable import one_line
from bench.report.paired import scores_in
from bench.stale import stale
from bench.store.record import Record, sharing_of
from bench.store.store import Damaged, Store

if TYPE_CHECKING:
    from pathlib import Path

    from bench.report.paired import Numbers

Name = Annotated[str, StringConstraints(pattern=r"^[\w.+-]+$")]
"""Names of folders and files: nothing that a link or a LaTeX comment could trip over."""
LONGEST = 200
"""Characters of what an error said."""
Whole = Annotated[int, Strict()]
Finite = Annotated[FiniteFloat, Strict()]


@dataclass(frozen=True, kw_only=True)
class Split:
    """Rows of one split that a run read."""

    rows: Whole
    partial: Annotated[bool, Strict()]
    total: Whole | None = None
    """Rows of the file before any limit."""


def numbers(text: object) -> object:
    """Numbers with blanks between them, apart; anything else is left to be refused."""
    return text.split() if isinstance(text, str) else text


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The training loss of one run."""

    steps: Whole
    area: Finite
    """Under the loss of every step, by the trapezoidal rule."""
    loss: Annotated[tuple[FiniteFloat, ...], BeforeValidator(numbers), MinLen(1)]
    """Means over equal stretches of the steps."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One record, as far as tables use it."""

    run_id: Name
    status: Literal["finished", "failed", "interrupted", "diverged", "out_of_memory"]
    error: str | None
    """Type of the error where the run did not finish."""
    reason: str
    """What the error said, in one line."""
    task: Name
    model: Name
    method: Name
    preset: Name
    seed: Whole
    group: Name
    """Hash of everything but the seed that can change the result."""
    model_title: str
    source: Literal["hub", "local", "synthetic"]
    splits: dict[str, Split]
    evaluated: str | None
    """Split that the scores were measured on."""
    select: str | None
    """Which adapter was evaluated: best (on validation) or last."""
    cut: Annotated[bool, Strict()] | None
    """The record's own word on whether the training or evaluation split was cut."""
    limited: bool
    """A limit on rows was asked for; decides where a run ended before it read them all."""
    settings: dict[str, Any]
    """The resolved configuration by dotted key."""
    inputs: dict[str, Any]
    """What went into the identity, by dotted key: all that can tell results apart."""
    metrics: dict[str, Finite | None]
    unavailable: dict[str, str]
    resampled: dict[str, str] = field(repr=False)
    """Scores over resamples of the test items; empty in records that are older than these."""
    history: list[dict[str, Any]] = field(repr=False)
    """step, epoch, split, loss and perhaps metrics of each validation pass."""
    curve: Curve | None = field(repr=False)
    """None in records that are older than it, and where nothing was trained."""
    sample: list[dict[str, Any]] = field(repr=False)
    """The first predictions; empty in records that are older."""
    params: dict[str, Whole]
    macs: dict[str, Whole]
    """Multiply-accumulates for a token in query, key and value: merged, unmerged."""
    time: dict[str, Finite | None]
    """Seconds of each phase; step_ms_median in milliseconds."""
    memory: dict[str, Whole | None]
    """Peaks in bytes."""
    provenance: dict[str, Any] = field(repr=False)
    stale: tuple[str, ...]
    """Components that have another version today, one reason each."""
    moment: datetime | None
    """When it finished, or began where it did not."""
    link: str = field(repr=False)
    """Path of the record below the results folder."""

    @property
    def real(self) -> bool:
        """Whether its rows are those of the published data set."""
        return self.source != "synthetic"

    @property
    def sharing(self) -> int:
        """Processes that computed on the run's GPU with it: its times are not its own then."""
        return sharing_of(self.provenance)

    @property
    def items(self) -> str | None:
        """Hash of the items that the scores were measured on, where the record tells it."""
        found = self.inputs.get(f"data.{self.evaluated}")
        return found if isinstance(found, str) else None

    @cached_property
    def resamples(self) -> dict[str, Numbers]:
        """The resampled scores (r,) of each metric, without lines that are no finite numbers.

        Many tables ask for them, so that they are made of the lines once.
        """
        found: dict[str, Numbers] = {}
        for name, line in self.resampled.items():
            with suppress(ValueError):
                found[name] = scores_in(line)
        return found

    @property
    def partial(self) -> bool:
        """Whether a split that the scores depend on was less than the published one.

        The record says so, or its splits do; validation rows then count only where they chose
        what was evaluated.
        """
        if self.cut is not None:
            return self.cut
        if self.limited and self.status != "finished":
            return True
        unused = {"validation"} if self.select == "last" and self.evaluated == "test" else set()
        return any(split.partial for name, split in self.splits.items() if name not in unused)

    @property
    def age(self) -> tuple[datetime, str]:
        """Orders runs from the oldest to the newest; the name decides between equal times."""
        moment = self.moment or datetime.min.replace(tzinfo=UTC)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC), self.run_id)


def run_from(record: Record, link: str) -> Run:
    """Check what tables need of a record; a BenchError says what is wrong with it."""
    settings = dict(flatten(record.config))
    cell = {key: record.cell.get(key) for key in ("task", "model", "method", "preset", "seed")}
    inputs, error = record.identity.get("inputs") or record.config, record.error or {}
    limits = (settings.get("train.limit"), settings.get("eval.limit"))
    values = {
        **cell,
        "run_id": record.run_id,
        "status": record.status,
        "error": error.get("type"),
        "reason": one_line(str(error.get("message") or ""))[:LONGEST],
        "group": record.identity.get("group"),
        "model_title": settings.get("model.title") or record.cell.get("model"),
        "source": record.data.get("source", settings.get("data.source")),
        "splits": record.data.get("splits", {}),
        "evaluated": settings.get("eval.split"),
        "select": record.select,
        "cut": record.data.get("partial"),
        "limited": any(limit is not None for limit in limits),
        "settings": settings,
        "inputs": {key.removeprefix("settings."): value for key, value in flatten(inputs)},
        "metrics": record.metrics,
        "unavailable": record.unavailable,
        "resampled": record.resampled,
        "history": record.history,
        "curve": record.curve or None,
        "sample": record.sample,
        "params": record.params,
        "macs": record.macs,
        "time": record.time,
        "memory": record.memory,
        "provenance": record.provenance,
        "stale": stale(record),
        "moment": record.finished or record.created,
        "link": link,
    }
    run = build(Run, values, "")
    expected = f"{run.task}/{run.model}/{run.method}/{run.run_id}.json"
    if link != expected:
        raise StoreError(f"holds the record of {expected}; move it there or remove it")
    return run


def read_runs(results: Path) -> tuple[list[Run], list[Damaged]]:
    """Read every record below `results`, and name every file that is left out, with the reason."""
    runs: list[Run] = []
    damaged: list[Damaged] = []
    store = Store(results)
    for path in store.paths():
        link = path.relative_to(results).as_posix()
        try:
            runs.append(run_from(store.load(path), link))
        except (BenchError, OSError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            damaged.append(Damaged(path, reason[:300]))
    return runs, damaged
