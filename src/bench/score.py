"""Score ready-made predictions without a model: `python -m bench.score TASK FILE.jsonl`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.metrics.scores import Scores

LINE = 'a line looks like {"prediction": "text", "references": ["text", ...]}'


LONGEST = 1 << 17
"""Bytes in a line: ROUGE-L of a text of a million words would fill any memory."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the file."""

    prediction: str
    references: list[str]


def read_rows(path: Path) -> list[Row]:
    """All lines of a JSON Lines file but blank ones, or a DataError naming the first bad line."""
    try:
        lines = path.read_bytes().split(b"\n")
        long = next((n for n, line in enumerate(lines, 1) if len(line) > LONGEST), None)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    if long is not None:
        raise DataError(f"{path}:{long}: longer than {LONGEST:,} bytes; this is no text of a task")
    rows = [_row(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise DataError(f"{path}: has no lines; {LINE}")
    return rows


def _row(line: bytes, place: str) -> Row:
    """Parse one line; `place` is its file and number."""
    try:
        values = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise DataError(f"{place}: not UTF-8; save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place}: not JSON ({error}); {LINE}") from None
    if not isinstance(values, dict):
        raise DataError(f"{place}: not a JSON object; {LINE}")
    for key in ("prediction", "references"):
        if key not in values:
            raise DataError(f"{place}: has no {key!r}; {LINE}")
    prediction, references = values["prediction"], values["references"]
    if not isinstance(prediction, str):
        raise DataError(f"{place}: prediction is {_short(prediction)}, not text; {LINE}")
    if not _is_texts(references):
        found = _short(references)
        raise DataError(f"{place}: references is {found}, not a list of one or more texts; {LINE}")
    return Row(prediction=prediction, references=references)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(text, str) for text in value)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def score_rows(task: str, rows: Sequence[Row]) -> Scores:
    """Every metric of the task called `task`, with the task's default options."""
    from bench.tasks.compose import task_from

    return task_from({"name": task}).score(
        [row.prediction for row in rows], [row.references for row in rows]
    )


def as_json(task: str, rows: int, scores: Scores) -> str:
    """One JSON object on one line; a metric that is not available is null."""
    result = {
        "task": task,
        "rows": rows,
        "metrics": dict(scores.values),
        "unavailable": dict(scores.unavailable),
    }
    return json.dumps(result, allow_nan=False)


def as_table(task: str, rows: int, scores: Scores) -> str:
    """A line for each metric with four decimals, or with the reason for its absence."""
    width = max(map(len, scores.values), default=0)
    lines = [
        f"{name:{width}}  {'-' if value is None else format(value, '.4f'):>8}"
        for name, value in scores.values.items()
    ]
    names: dict[str, list[str]] = {}
    for name, reason in scores.unavailable.items():
        names.setdefault(reason, []).append(name)
    reasons = [f"{', '.join(without)}: {reason}" for reason, without in names.items()]
    return "\n".join([f"{task}, {rows} {'row' if rows == 1 else 'rows'}", *lines, *reasons])


def parser() -> argparse.ArgumentParser:
    """Arguments of the command."""
    found = argparse.ArgumentParser(prog="python -m bench.score", description=__doc__)
    found.add_argument("task", metavar="TASK", help="task whose metrics are computed, e.g. e2e")
    found.add_argument("file", metavar="FILE.jsonl", type=Path, help=LINE)
    found.add_argument("--json", action="store_true", help="print one JSON object")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0, or 2 for an error that the person can mend."""
    chosen = parser().parse_args(arguments)
    try:
        rows = read_rows(chosen.file)
        scores = score_rows(chosen.task, rows)
    except BenchError as error:
        print(f"bench.score: {error}", file=sys.stderr)
        return 2
    show = as_json if chosen.json else as_table
    print(show(chosen.task, len(rows), scores))
    return 0


if __name__ == "__main__":
    sys.exit(main())
