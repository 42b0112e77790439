"""What a command ends with: one line of reason, and an exit code."""

from __future__ import annotations

import sys
import traceback

from omegaconf.errors import OmegaConfBaseException

from bench.errors import (
    BenchError,
    ClaimedError,
    ClaimLostError,
    DivergedError,
    HangError,
    NotReadyError,
    TimeLimitError,
)
from bench.printable import printable
from bench.store.redact import redact

DONE, FAILED, WRONG, UNDONE = 0, 1, 2, 3
"""Exit codes, as the docstring of bench.__main__ tells them."""


class SweepEnded(Exception):  # noqa: N818  (it carries an exit code, not a reason)
    """Some cells of a sweep are not done, which was told already."""


def exit_code(error: BaseException) -> int:
    """Print the reason as one line; the exit code that belongs to it."""
    if isinstance(error, KeyboardInterrupt):
        return failed(
            "interrupted; the same command goes on from what is kept",
            143 if error.args else 130,
        )
    if isinstance(error, OmegaConfBaseException):
        from bench.overrides import explain

        error = explain(error, sys.argv[1:])
    if isinstance(error, BenchError):
        return failed(error, code_of(error))
    if not recorded(error):  # a fault of the harness itself
        traceback.print_exception(error)
    reason = str(error).strip().partition("\n")[0][:300]
    return failed(f"{type(error).__name__}: {reason} {notes(error)}", FAILED)


def code_of(error: BenchError) -> int:
    """The exit code of an error that a person can mend."""
    if isinstance(error, DivergedError | HangError):
        return FAILED
    if isinstance(error, ClaimedError | ClaimLostError | NotReadyError | TimeLimitError):
        return UNDONE
    return WRONG


def recorded(error: BaseException) -> bool:
    """Whether a record tells of the error."""
    return hasattr(error, "__notes__")


def notes(error: BaseException) -> str:
    """Where the traceback is kept, if a record was left."""
    return "".join(f"(traceback in the {note})" for note in getattr(error, "__notes__", []))


def failed(reason: object, code: int) -> int:
    """Print a reason and pass on the exit code."""
    print(printable(redact(f"bench: {reason}")), file=sys.stderr)
    return code
