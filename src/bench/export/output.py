"""The folder that an export is written to: whole, or not there at all. No torch."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import StoreError


def check_free(folder: Path) -> None:
    """Raise a StoreError where something is there already."""
    if folder.is_dir() and any(folder.iterdir()):
        raise StoreError(f"{folder}: not empty; remove it, or name another folder with --out DIR")
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder}: not a folder; name another with --out DIR")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A new folder that gets the name `folder` when the block ends without an error."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".partial-") as temporary:
            new = Path(temporary) / folder.name
            new.mkdir()
            yield new
            for file in new.rglob("*"):
                file.chmod(0o755 if file.is_dir() else 0o644)
            if folder.is_dir():
                folder.rmdir()
            new.rename(folder)
    except OSError as error:
        reason = error.strerror or str(error).partition("\n")[0]
        raise StoreError(
            f"{folder}: cannot be written ({reason}); free space, or name another with --out DIR"
        ) from error
