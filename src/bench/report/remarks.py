"""What is said over a block of a table, in plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.settings import differing
from bench.report.verdicts import foreign

if TYPE_CHECKING:
    from bench.report.blocks import Block
    from bench.report.spec import TableSpec

SPLITS = ("train", "validation", "test")


def remarks(spec: TableSpec, block: Block) -> list[str]:
    """Say what holds for a whole block: comparability, deviations, runs left out, rows read."""
    found = []
    reasons = foreign(spec, block)
    if reasons and spec.published is not None:
        found.append(f"Not comparable with the paper's numbers: {'; '.join(reasons)}.")
    if block.shared:
        found.append(f"All our rows differ from the paper in {', '.join(block.shared)}.")
    if left := _left_out(block):
        found.append(f"Runs with other settings than these rows' are left out: {'; '.join(left)}.")
    found += [f"Examples used: {text}." for text in _extents(spec, block)]
    return found


def _left_out(block: Block) -> list[str]:
    """How many runs of each method no row shows, and in which settings they differ from these."""
    shown = {run.group for line in block.lines for run in line.runs}
    hidden: dict[str, set[str]] = {}
    keys: dict[str, dict[str, None]] = {}
    for entry in block.entries:
        left = [run for run in entry.left_out if run.group not in shown]
        if not left:
            continue
        hidden.setdefault(entry.row.method, set()).update(run.run_id for run in left)
        # One run of each group, as its runs differ in nothing but the seed.
        own = (run for line in entry.lines for run in line.runs)
        groups = {(run.task, run.group): run for run in (*own, *left)}
        for task in dict.fromkeys(run.task for run in left):
            alike = [run for (of, _), run in groups.items() if of == task]
            keys.setdefault(entry.row.method, {}).update(dict.fromkeys(differing(alike)))
    return [f"{name} {len(runs)} ({', '.join(keys[name])})" for name, runs in hidden.items()]


def _extents(spec: TableSpec, block: Block) -> list[str]:
    """List the rows of each split, once for all runs that read the same."""
    found = set()
    for line in block.lines:
        for run in line.counted:
            splits = [(name, run.splits[name]) for name in SPLITS if name in run.splits]
            texts = (f"{one.rows:,} {name}{' (partial)' * one.partial}" for name, one in splits)
            task = f"{run.task}: " if len(spec.tasks) > 1 else ""
            found.add(task + ", ".join(texts))
    return sorted(text for text in found if text)
