"""A cell and its record in words, for the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.config import Cell
from bench.store.record import Record
from bench.tasks.sources import Rows


def title(cell: Cell) -> str:
    """The cell in one line."""
    return (
        f"{cell.method.name} · {cell.task.key} · {cell.model.name} · {cell.preset} preset · "
        f"{cell.data.source} data · seed {cell.seed}"
    )


def data_facts(cell: Cell, rows: Mapping[str, Rows]) -> dict[str, Any]:
    """What the record says of its data."""
    splits = {
        part.split: {
            "rows": len(part.rows),
            "total": part.total,
            "sha256": part.sha256,
            "partial": part.partial,
            "origin": part.origin,
        }
        for part in rows.values()
    }
    # A shortened validation split moves a score only where it chose what was evaluated.
    used = ["train", "evaluation", *(["validation"] if cell.train.select == "best" else [])]
    partial = any(rows[role].partial for role in used)
    return {"source": cell.data.source, "partial": partial, "splits": splits}


def summary(record: Record) -> str:
    """Scores, counts and times as a small table."""
    lines = []
    for name, value in record.metrics.items():
        shown = "n/a" if value is None else f"{value:.4f}"
        reason = record.unavailable.get(name)
        lines.append(f"  {name:<12}{shown:>9}" + (f"  ({reason})" if reason else ""))
    seconds = record.time
    trained, total = record.params.get("trained", 0), record.params.get("total", 0)
    lines.append(f"  trained parameters {trained:,} of {total:,}")
    phases = ("load", "train", "predict", "score", "total")
    spent = [f"{name} {seconds[name]:.0f}" for name in phases if seconds.get(name) is not None]
    lines.append(f"  seconds: {', '.join(spent)}")
    return "\n".join(lines)
