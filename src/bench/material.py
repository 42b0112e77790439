"""What a run works on: rows, and the examples that they become. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from bench.config import Cell, DataConfig
from bench.errors import DataError
from bench.tasks.base import Row, Split
from bench.tasks.sources import Rows, load

Role = Literal["train", "validation", "evaluation"]
"""What rows are for."""

RoleRows = Mapping[Role, tuple[Rows, ...]]


@dataclass(frozen=True, kw_only=True)
class Material:
    """Examples to train on, to look at while training, and to predict."""

    train: Sequence[Any] = ()
    validation: Sequence[Any] = ()
    evaluation: Sequence[Any] = ()


def load_rows(cell: Cell) -> RoleRows:
    """The rows by what they are for, each file cut to its limit."""
    wanted: dict[Role, tuple[Split, int | None]] = {
        "train": ("train", cell.train.limit),
        "validation": ("validation", cell.train.validation_limit),
        "evaluation": (cell.eval.split, cell.eval.limit),
    }
    return {
        role: load(cell.task, cell.data, split, limit) for role, (split, limit) in wanted.items()
    }


def hashes(rows: RoleRows) -> dict[str, str]:
    """Content hash of every file that was read, by its name."""
    return {part.name: part.sha256 for parts in rows.values() for part in parts}


def prepare(cell: Cell, rows: RoleRows) -> Material:
    """Every row as what it will be used as, so that a bad one is found before training."""
    task, data = cell.task, cell.data
    evaluation = [
        query
        for part in rows["evaluation"]
        for query in made(partial(task.queries, subset=part.subset), part, data)
    ]
    if cell.method.shots:
        for query in evaluation:
            task.demonstrated(query.context, cell.method.shots)
    return Material(
        train=[one for part in rows["train"] for one in made(task.examples, part, data)],
        # The first file chooses the best adapter: of MNLI the matched part, as is the custom.
        validation=[
            one for part in rows["validation"][:1] for one in made(task.examples, part, data)
        ],
        evaluation=evaluation,
    )


def made(make: Callable[[Sequence[Row]], Sequence[Any]], part: Rows, data: DataConfig) -> list[Any]:
    """What the rows of a file become; a DataError names the file, and the row at fault."""
    try:
        return list(make(part.rows))
    except DataError as error:
        local = data.source == "local"
        file = f"{data.root}/{part.origin}" if local else part.origin
        for number, row in enumerate(part.rows, start=1):
            try:
                make([row])
            except DataError as alone:
                kind = "line" if local else "row"
                raise DataError(f"{file} {kind} {number}: {alone}") from None
        raise DataError(f"{file}: {error}") from None
