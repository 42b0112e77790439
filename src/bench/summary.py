"""A cell and its record in words, for the screen."""

from __future__ import annotations

from typing import Any

from bench.config import Cell
from bench.material import Role, RoleRows
from bench.printable import printable
from bench.registry import tasks
from bench.store.record import Record


def title(cell: Cell) -> str:
    """The cell in one line."""
    return (
        f"{cell.method.name} · {cell.task.key} · {cell.model.name} · {cell.preset} preset · "
        f"{cell.data.source} data · seed {cell.seed}"
    )


def data_facts(cell: Cell, rows: RoleRows) -> dict[str, Any]:
    """What the record says of its data."""
    splits = {
        part.name: {
            "rows": len(part.rows),
            "total": part.total,
            "sha256": part.sha256,
            "partial": part.partial,
            "origin": part.origin,
        }
        for parts in rows.values()
        for part in parts
    }
    # A shortened validation split moves a score only where it chose what was evaluated.
    used: list[Role] = ["train", "evaluation"]
    used += ["validation"] if cell.train.select == "best" else []
    whole = len(rows["evaluation"]) == len(cell.task.files[cell.eval.split])
    partial = not whole or any(part.partial for role in used for part in rows[role])
    return {"source": cell.data.source, "partial": partial, "splits": splits}


def main_metrics(record: Record) -> dict[str, float | None]:
    """The metrics of a record in the order of its task, without those of subsets of its items."""
    task = tasks().get(str(record.cell.get("task")))
    names = [metric.name for metric in task.metrics] if task else []
    found = {name: record.metrics[name] for name in names if name in record.metrics}
    others = {
        name: value
        for name, value in record.metrics.items()
        if not any(name == main or name.startswith(f"{main}_") for main in names)
    }
    return {**found, **others}


def reason_of(record: Record, longest: int | None = 300) -> str:
    """Why a run is not done, in one line: what it lacks, or its error.

    `longest` is the number of characters of the error's message that are told; None: all.
    """
    if record.status == "finished":
        return f"lacks {', '.join(sorted(record.unavailable))}"
    error = record.error or {}
    name = str(error.get("type", record.status))
    message = str(error.get("message", "")).strip().partition("\n")[0][:longest]
    return f"{name}: {message}" if message else name


def summary(record: Record) -> str:
    """Scores, counts and times as a small table."""
    lines = []
    for name, value in main_metrics(record).items():
        shown = "n/a" if value is None else f"{value:.4f}"
        reason = record.unavailable.get(name)
        lines.append(f"  {name:<20}{shown:>9}" + (f"  ({reason})" if reason else ""))
    seconds = record.time
    trained, total = record.params.get("trained", 0), record.params.get("total", 0)
    lines.append(f"  trained parameters {trained:,} of {total:,}")
    phases = ("load", "train", "predict", "score", "total")
    spent = [f"{name} {seconds[name]:.0f}" for name in phases if seconds.get(name) is not None]
    lines.append(f"  seconds: {', '.join(spent)}")
    return printable("\n".join(lines))
