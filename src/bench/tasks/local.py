"""Rows from a folder: `<root>/<folder>/<stem>.jsonl` or the same name with .gz.

Where both are there the plain file is read. The whole file may be absent in favour of
`<stem>.partial.jsonl[.gz]`, which is read only with `data.partial=true`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from itertools import count
from typing import TYPE_CHECKING

from bench.errors import DataError
from bench.store import bounds
from bench.tasks.rows import checker, short

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.config import DataConfig
    from bench.tasks.base import Row
    from bench.tasks.published import File

WHOLE = (".jsonl", ".jsonl.gz")
PART = (".partial.jsonl", ".partial.jsonl.gz")
OTHERWISE = "or use data=hub or data=synthetic"


def read(file: File, data: DataConfig) -> tuple[str, list[Row]]:
    """Path below the root, and every row of the file."""
    root = data.root
    if root is None:
        raise DataError(f"data.root: missing; give data.root=DIR or BENCH_DATA, {OTHERWISE}")
    try:
        path = find(root, file.source.folder, file.local, partial=data.partial)
    except (OSError, RuntimeError) as error:  # no permission, or links in a circle
        raise DataError(f"data.root={root}: cannot be read ({error}); check its links") from error
    checked = checker(file.source.columns)
    rows = [checked(value, where) for where, value in parsed(path)]
    if not rows:
        raise DataError(f"{path}: empty; copy the file again, {OTHERWISE}")
    return path.relative_to(root).as_posix(), rows


def is_partial(origin: str) -> bool:
    """Whether a file's name says that it is not the whole split."""
    return ".partial." in origin.rpartition("/")[2]


def is_there(root: Path, folder: str, stem: str) -> bool:
    """Whether there is any file of that stem."""
    return any((root / folder / f"{stem}{end}").is_file() for end in WHOLE + PART)


def find(root: Path, folder: str, stem: str, *, partial: bool) -> Path:
    """Find the file of rows below `root`; nothing outside it is ever opened."""
    if not root.is_dir():
        raise DataError(f"data.root={root}: no such folder; give data.root=DIR, {OTHERWISE}")
    place = root / folder
    inside(place, root)
    if not place.is_dir():
        raise DataError(f"{place}: no such folder; data.root holds one folder a task, {OTHERWISE}")
    whole, part = ([place / f"{stem}{end}" for end in ends] for ends in (WHOLE, PART))
    for path in whole + part:
        inside(path, root)
        if not path.is_file():
            continue
        if path in part and not partial:
            raise DataError(
                f"{path}: not the whole split; allow it with data.partial=true, "
                f"or put {whole[1].name} beside it"
            )
        return path
    raise DataError(f"{whole[0]}: no such file, nor {whole[1].name}; put one there, {OTHERWISE}")


def inside(path: Path, root: Path) -> None:
    """Refuse a path, or a link, that leads out of `root`."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise DataError(f"{path}: leads outside data.root={root}; copy the file below data.root")


def parsed(path: Path) -> Iterator[tuple[str, object]]:
    """File and line number, and the JSON value on it, of every line."""
    for number, line in lines(path):
        where = f"{path} line {number}"
        try:
            text = line.decode().rstrip("\n")
            value = json.loads(text)
        except UnicodeDecodeError:
            raise DataError(f"{where}: not UTF-8; save the file as UTF-8") from None
        except (ValueError, RecursionError):
            raise DataError(
                f"{where}: not JSON: {short(text[:80])}; each line is one object"
            ) from None
        yield where, value


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of every line, decompressed as it is read.

    A line, or a file, beyond `bounds` is a DataError before it is whole in memory.
    """
    number = size = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number in count(1):
                line = file.readline(bounds.DATA_LINE_BYTES + 1)
                if not line:
                    return
                size += len(line)
                check_bounds(path, number, len(line), size)
                yield number, line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path} line {number}: damaged gzip ({error}); copy the file again"
        ) from error
    except OSError as error:
        raise DataError(
            f"{path} line {number}: cannot be read ({error.strerror}); check its permissions"
        ) from error


def check_bounds(path: Path, number: int, length: int, size: int) -> None:
    """Refuse a line of `length` bytes, which is the file's `number`th and ends at byte `size`."""
    if length > bounds.DATA_LINE_BYTES:
        raise DataError(
            f"{path} line {number}: longer than {bounds.DATA_LINE_BYTES} bytes; "
            "put one row on a line"
        )
    if number > bounds.DATA_ROWS:
        raise DataError(f"{path}: more than {bounds.DATA_ROWS:,} rows; this is no file of a task")
    if size > bounds.DATA_BYTES:
        raise DataError(
            f"{path}: more than {bounds.DATA_BYTES:,} bytes, decompressed; "
            "this is no file of a task"
        )
