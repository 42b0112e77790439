"""Score ready-made predictions without a model: `python -m bench.score TASK FILE.jsonl`."""

from __future__ import annotations

import json
import sys
from dataclasses import MISSING, fields
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.check import build
from bench.errors import BenchError, ConfigError, DataError
from bench.parser import Parser
from bench.store import bounds
from bench.tasks.items import AnswerItem, LabelItem, TextItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.metrics.scores import Scores
    from bench.tasks.base import Task

LINES: dict[type, str] = {
    TextItem: '{"prediction": "text", "references": ["text", ...]}',
    LabelItem: '{"prediction": 1, "label": 0}',
    AnswerItem: '{"prediction": "text", "answer": "text"}',
}
"""What a line of each kind of task looks like; all may have "subsets": ["name", ...]."""


def read_items(path: Path, kind: type) -> list[Any]:
    """All lines of a JSON Lines file but blank ones, or a DataError naming the first bad line."""
    advice = f"a line looks like {LINES[kind]}"
    found = [
        _item(line, kind, f"{path}:{number}", advice)
        for number, line in enumerate(_lines(path), 1)
        if line.strip()
    ]
    if not found:
        raise DataError(f"{path}: has no lines; {advice}")
    return found


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, or of a pipe, as they are read; a DataError beyond the bounds."""
    longest, size = bounds.PREDICTION_LINE_BYTES, 0
    try:
        with path.open("rb") as file:
            for number in count(1):
                line = file.readline(longest + 1)
                if not line:
                    return
                size += len(line)
                if len(line.rstrip(b"\n")) > longest:
                    raise DataError(
                        f"{path}:{number}: longer than {longest:,} bytes; this is no text of a task"
                    )
                if size > bounds.PREDICTIONS_BYTES or number > bounds.DATA_ROWS:
                    raise DataError(
                        f"{path}: more than {bounds.PREDICTIONS_BYTES:,} bytes or "
                        f"{bounds.DATA_ROWS:,} lines; these are no predictions of a task"
                    )
                yield line
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def _item(line: bytes, kind: type, place: str, advice: str) -> Any:
    """Parse one line; `place` is its file and number."""
    try:
        values = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise DataError(f"{place}: not UTF-8; save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place}: not JSON ({error}); {advice}") from None
    if not isinstance(values, dict):
        raise DataError(f"{place}: not a JSON object; {advice}")
    missing = [
        one.name for one in fields(kind) if one.default is MISSING and one.name not in values
    ]
    if missing:
        raise DataError(f"{place}: has no {missing[0]!r}; {advice}")
    try:
        return build(kind, values, "")
    except ConfigError as error:
        raise DataError(f"{place}: {error}; {advice}") from None


def as_json(task: str, rows: int, scores: Scores) -> str:
    """One JSON object on one line; a metric that is not available is null."""
    result = {
        "task": task,
        "rows": rows,
        "metrics": dict(scores.values),
        "unavailable": dict(scores.unavailable),
        "sampling_error": {name: error.std for name, error in scores.errors.items()},
    }
    return json.dumps(result, allow_nan=False)


def as_table(task: str, rows: int, scores: Scores) -> str:
    """A line for each metric with four decimals and its sampling error, or why it is absent."""
    width = max(map(len, scores.values), default=0)
    lines = []
    for name, value in scores.values.items():
        shown = "-" if value is None else format(value, ".4f")
        error = scores.errors.get(name)
        lines.append(f"{name:{width}}  {shown:>8}{f' ± {error.std:.4f}' if error else ''}")
    names: dict[str, list[str]] = {}
    for name, reason in scores.unavailable.items():
        names.setdefault(reason, []).append(name)
    reasons = [f"{', '.join(without)}: {reason}" for reason, without in names.items()]
    head = f"{task}, {rows} {'row' if rows == 1 else 'rows'} (± standard error over test items)"
    return "\n".join([head, *lines, *reasons])


def scored(name: str, path: Path) -> tuple[int, Scores]:
    """Number of lines, and every metric of the task called `name` with its default options."""
    from bench.tasks.compose import task_from

    task: Task = task_from({"name": name})
    items = read_items(path, task.item)
    return len(items), task.score(items)


def parser() -> Parser:
    """Arguments of the command."""
    found = Parser(prog="python -m bench.score", description=__doc__)
    found.add_argument("task", metavar="TASK", help="task whose metrics are computed, e.g. e2e")
    shapes = "; ".join(LINES.values())
    found.add_argument("file", metavar="FILE.jsonl", type=Path, help=f"lines of {shapes}")
    found.add_argument("--json", action="store_true", help="print one JSON object")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0, or 2 for an error that the person can mend."""
    try:
        chosen = parser().parse_args(arguments)
        rows, scores = scored(chosen.task, chosen.file)
    except BenchError as error:
        print(f"bench.score: {error}", file=sys.stderr)
        return 2
    show = as_json if chosen.json else as_table
    print(show(chosen.task, rows, scores))
    return 0


if __name__ == "__main__":
    sys.exit(main())
