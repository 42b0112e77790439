"""What an analysis leaves: results/analysis/<kind>/<model>/<name>.json. No torch.

It is made from runs and can be made again, so that a newer one replaces it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.analysis.rows import ROWS, Row
from bench.errors import StoreError
from bench.machine import usable_cores
from bench.recording import now
from bench.store.bounds import RECORD_BYTES, read_bounded
from bench.store.files import write_atomic
from bench.store.names import check_inside, check_name
from bench.store.plain import parse_json
from bench.store.provenance import provenance
from bench.store.record import Record
from bench.store.store import Damaged

SCHEMA = "bench-analysis/1"


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """One analysis."""

    kind: str
    model: dict[str, Any]
    """name, revision, sha256."""
    name: str
    """Name of its file: the run_ids, or the block."""
    runs: list[dict[str, Any]]
    """run_id, identity (whole hash) and cell of each run, the reference behind the other."""
    settings: dict[str, Any]
    """Options, and how terms are meant that the paper leaves open."""
    values: Sequence[Row]
    created: str
    """ISO 8601, UTC."""
    provenance: dict[str, Any]
    schema: str = SCHEMA

    def to_json(self) -> str:
        """The analysis as JSON: sorted keys, no NaN."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, allow_nan=False) + "\n"


def analysis_of_runs(
    kind: str, records: Sequence[Record], settings: Mapping[str, Any], values: Sequence[Row]
) -> Analysis:
    """An analysis of runs of one model, named by them."""
    runs = [
        {"run_id": record.run_id, "identity": record.identity.get("hash"), "cell": record.cell}
        for record in records
    ]
    name = "-".join(record.run_id for record in records)
    return new_analysis(
        kind=kind, model=records[0].model, name=name, settings=settings, values=values, runs=runs
    )


def new_analysis(
    *,
    kind: str,
    model: Mapping[str, Any],
    name: str,
    settings: Mapping[str, Any],
    values: Sequence[Row],
    runs: Sequence[dict[str, Any]] = (),
) -> Analysis:
    """An analysis that is made now, on this machine."""
    return Analysis(
        kind=kind,
        model=dict(model),
        name=name,
        runs=list(runs),
        settings=dict(settings),
        values=list(values),
        created=now(),
        provenance=provenance(usable_cores(), None),
    )


def write_analysis(results: Path, analysis: Analysis) -> Path:
    """Write an analysis atomically; where it is now."""
    name = check_name("model.name", analysis.model.get("name"))
    folder = results / "analysis" / analysis.kind / name
    path = folder / f"{analysis.name}.json"
    write_atomic(path, analysis.to_json())
    return path


def parse_analysis(text: str) -> Analysis:
    """Read an analysis, or raise a StoreError that says what is wrong with it."""
    try:
        values = parse_json(text)
    except ValueError as error:
        raise StoreError(f"not JSON ({error})") from None
    schema = values.get("schema") if isinstance(values, dict) else None
    if schema != SCHEMA:
        raise StoreError(f"schema {schema} is not known, only {SCHEMA}")
    try:
        row = ROWS[values["kind"]]
        return Analysis(**{**values, "values": [row(**given) for given in values["values"]]})
    except (TypeError, KeyError) as error:
        raise StoreError(f"incomplete analysis ({error})") from None


def read_analyses(results: Path) -> tuple[list[Analysis], list[Damaged]]:
    """Every analysis in the order of the files' names, and every file that should be one."""
    found: list[Analysis] = []
    damaged: list[Damaged] = []
    for path in sorted((results / "analysis").glob("*/*/*.json")):
        try:
            found.append(parse_analysis(read_bounded(check_inside(path, results), RECORD_BYTES)))
        except (StoreError, OSError) as error:
            damaged.append(Damaged(path, str(error)))
    return found, damaged
