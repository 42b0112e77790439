"""Analyses for the tests of their tables, as `python -m bench.analysis` writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.analysis.records import Analysis, write_analysis
from bench.analysis.rows import ComplexityRow, EnergyRow, RankRow, SimilarityRow
from bench.store.record import Record
from tests.report.report_records import digest, make_record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.analysis.rows import Row


def trained(method: str, seed: int = 0, *, model: str = "roberta_large", **changes: Any) -> Record:
    """A record of CoLA on the paper's model at rank 8, unless told otherwise."""
    record = make_record(method, seed, model=model, settings={"method": {"rank": 8}}, **changes)
    record.cell["task"] = "cola"
    return record


def of_runs(
    results: Path, kind: str, records: Sequence[Record], rows: Sequence[Row], **settings: Any
) -> Path:
    """Write an analysis of runs; its file."""
    runs = [
        {"run_id": one.run_id, "identity": one.identity["hash"], "cell": one.cell}
        for one in records
    ]
    name = "-".join(one.run_id for one in records)
    model = str(records[0].cell["model"])
    return write_analysis(results, analysis(kind, model, name, rows, settings=settings, runs=runs))


def of_model(
    results: Path, kind: str, model: str, name: str, rows: Sequence[Row], **settings: Any
) -> Path:
    """Write an analysis of a model; its file."""
    return write_analysis(results, analysis(kind, model, name, rows, settings=settings, runs=[]))


def analysis(
    kind: str,
    model: str,
    name: str,
    rows: Sequence[Row],
    *,
    settings: dict[str, Any],
    runs: list[dict[str, Any]],
) -> Analysis:
    """An analysis that was made at a fixed time, nowhere."""
    return Analysis(
        kind=kind,
        model={"name": model, "revision": None, "sha256": digest(model)},
        name=name,
        runs=runs,
        settings=settings,
        values=rows,
        created="2026-01-01T00:00:00+00:00",
        provenance={},
    )


def rank_row(
    rank: int,
    *,
    block: int = 0,
    part: str = "query",
    step: int | None = None,
    matrix: Any = "update",
    full: int = 1024,
) -> RankRow:
    """The rank of one square matrix."""
    return RankRow(
        map=f"block.{block}.{part}",
        block=block,
        part=part,
        step=step,
        matrix=matrix,
        shape=[full, full],
        rank=rank,
        effective_rank=1.0,
        energy={"1": 1.0},
        singular_values=[],
    )


def similarity_row(value: float, *, block: int = 0, compared: Any = "update") -> SimilarityRow:
    """Measures that are `value` times 1, 2, 3 ..."""
    return SimilarityRow(
        map=f"block.{block}.query",
        block=block,
        part="query",
        compared=compared,
        frobenius_distance=value,
        cosine=2 * value,
        singular_value_sq_diff=9 * value**2,
        singular_value_distance=3 * value,
        eigenvalue_sq_diff=16 * value**2,
        eigenvalue_distance=4 * value,
        principal_angle=5 * value,
        column_space_angle=None,
    )


def energy_rows(full: int = 512) -> list[EnergyRow]:
    """Straight lines: what is kept is the energy."""
    values = [
        EnergyRow(by="singular_values", kept=float(n), energy=n / full) for n in range(1, full + 1)
    ]
    entries = [EnergyRow(by="entries", kept=n / 100, energy=n / 100) for n in range(1, 101)]
    return [*values, *entries]


def complexity_row(method: str, operations: int, form: Any = None, **changes: Any) -> ComplexityRow:
    """A count at d = 2, k = 3, r = 5, b = 7."""
    values: dict[str, Any] = {
        "method": method, "form": form, "chosen_on": ["cpu"] if form == "fft" else [],
        "d": 2, "k": 3, "r": 5, "b": 7, "products": operations, "elementwise": 0,
        "transforms": 0, "operations": operations,
    }  # fmt: skip
    return ComplexityRow(**{**values, **changes})
