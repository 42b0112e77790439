"""The time by the clock of a file server: hosts that share a folder need no clocks that agree."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bench.store.files import unwritable


def folder_now(folder: Path) -> float:
    """The present moment in seconds, to be compared with the times of files in `folder`.

    It is the time of a file that is written there for it, and is gone on return. A
    StoreError where nothing can be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".clock.") as file:
            file.write(b"0")
            file.flush()
            return os.fstat(file.fileno()).st_mtime
    except OSError as error:
        raise unwritable(folder, error) from error
