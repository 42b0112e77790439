"""Files that are whole or absent, and their hashes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from bench.errors import StoreError

TEMPORARY = ".tmp"
"""How the name of a file ends while it is written."""


def write_atomic(path: Path, data: str | bytes) -> None:
    """Write `data` so that a reader, or a crash at any instant, never sees half of it."""
    blob = data.encode() if isinstance(data, str) else data
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(TEMPORARY, f".{path.name}.", path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(blob)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(path, error) from error


def remove_temporary(folder: Path, names: str = "*") -> None:
    """Remove what killed processes left of writing such files, in `folder` itself."""
    for path in folder.glob(f".{names}.*{TEMPORARY}"):
        path.unlink(missing_ok=True)


def append_line(path: Path, text: str, *, sync: bool = False) -> None:
    """Add a line to a log; with `sync` it is on disk when this returns."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
            if sync:
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> StoreError:
    """Say that nothing can be written there, and what to do."""
    return StoreError(
        f"{path}: cannot be written ({error.strerror}); free space, or name another folder "
        "with paths.results=DIR paths.runs=DIR"
    )


def sha256_file(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
