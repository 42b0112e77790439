"""The analyses of a results folder, each value checked, with the runs that they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from bench.analysis.records import parse_analysis
from bench.analysis.rows import ROWS, Row
from bench.check import build
from bench.errors import BenchError, StoreError
from bench.report.analyses.checks import CHECKS
from bench.report.runs import Name, Whole
from bench.store.bounds import RECORD_BYTES, read_bounded
from bench.store.names import check_inside, check_name
from bench.store.store import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class About:
    """A run that an analysis is about."""

    run_id: Name
    task: Name
    model: Name
    method: Name
    preset: Name
    seed: Whole


@dataclass(frozen=True, kw_only=True)
class Source:
    """One analysis."""

    kind: Name
    model: Name
    link: str
    """Path of its file below the results folder."""
    runs: tuple[About, ...]
    """The reference behind the other, where it compares two; none where it is of a model."""
    settings: dict[str, Any]
    rows: tuple[Any, ...]
    """Of the type that bench.analysis.rows has for the kind."""


def read_sources(results: Path) -> tuple[list[Source], list[Damaged]]:
    """Read every analysis below `results`, and name every file that is left out, with the reason.

    They come in the order of their files' names.
    """
    found: list[Source] = []
    damaged: list[Damaged] = []
    for path in sorted((results / "analysis").glob("*/*/*.json")):
        try:
            text = read_bounded(check_inside(path, results), RECORD_BYTES)
            found.append(source_from(text, path.relative_to(results).as_posix()))
        except (BenchError, OSError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            damaged.append(Damaged(path, reason[:300]))
    return found, damaged


def source_from(text: str, link: str) -> Source:
    """Check what tables need of an analysis; a BenchError says what is wrong with it."""
    analysis = parse_analysis(text)
    try:
        runs = [{"run_id": run["run_id"], **run["cell"]} for run in analysis.runs]
    except (TypeError, KeyError) as error:
        raise StoreError(f"incomplete analysis (runs: {error})") from None
    facts = {field: {key: run.get(key) for key in About.__dataclass_fields__}
             for field, run in enumerate(runs)}  # fmt: skip
    name = check_name("model.name", analysis.model.get("name"))
    if link.split("/")[1:] != [analysis.kind, name, f"{analysis.name}.json"]:
        raise StoreError(f"holds analysis/{analysis.kind}/{name}/{analysis.name}.json; move it")
    if len(runs) != NUMBER_OF_RUNS[analysis.kind]:
        raise StoreError(f"{len(runs)} runs; a {analysis.kind} analysis has another number")
    values = {
        "kind": analysis.kind,
        "model": name,
        "link": link,
        "runs": tuple(build(About, one, f"runs.{index}") for index, one in facts.items()),
        "settings": analysis.settings,
        "rows": checked(analysis.kind, analysis.values, analysis.settings),
    }
    return build(Source, values, "")


NUMBER_OF_RUNS: Mapping[str, int] = {
    "ranks": 1, "compare": 2, "curve": 2, "energy": 0, "complexity": 0,
}  # fmt: skip
"""Runs that an analysis of each kind is about."""


def checked(kind: str, rows: Iterable[Row], settings: Mapping[str, Any]) -> tuple[Row, ...]:
    """The rows, at least one, or a StoreError where they are not what a table is made from."""
    given = [vars(row) for row in rows]
    if not given:
        raise StoreError("an analysis without rows")
    try:
        found = tuple(TypeAdapter(list[ROWS[kind]]).validate_python(given))  # type: ignore[valid-type]
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise StoreError(f"values.{place}: {problem['msg']}") from None
    if kind in CHECKS:
        CHECKS[kind](found, settings)
    return found
