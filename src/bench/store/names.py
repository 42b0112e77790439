"""Names that become folders and files. What a record says never leads out of its folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeGuard

from bench.errors import StoreError
from bench.printable import short

RUN_ID = re.compile(r"[0-9a-f]{16}")
NAME = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,99}")


def is_name(value: object) -> TypeGuard[str]:
    """Whether a value can be the name of one folder: no separator, nothing hidden, no `..`."""
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def check_name(key: str, value: object) -> str:
    """The name, or a StoreError that names the key."""
    if not is_name(value):
        raise StoreError(f"{key}={short(value)}: must be a name of letters, digits and . _ + -")
    return value


def check_run_id(value: object) -> str:
    """The run_id, or a StoreError."""
    if not isinstance(value, str) or RUN_ID.fullmatch(value) is None:
        raise StoreError(f"run_id={short(value)}: must be 16 digits of 0-9 a-f")
    return value


def check_inside(path: Path, folder: Path) -> Path:
    """The path, or a StoreError where it, or a link in it, leads out of `folder`.

    The folder itself may be a link.
    """
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError) as error:  # no permission, or links in a circle
        raise StoreError(f"{path}: cannot be read ({error}); check its links") from None
    if not inside:
        raise StoreError(f"{path}: leads out of {folder}; put the file itself there")
    return path
