"""`python -m bench method=… task=…`: compose a cell with Hydra and run it.

Exit codes: 0 finished (or before, or stopped as asked), 1 the run failed and left a record,
2 the settings, data or model cannot be used, 130 Ctrl-C, 143 SIGTERM.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any, cast

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf.errors import OmegaConfBaseException

from bench.errors import BenchError, DivergedError, StoppedError
from bench.paths import config_folder

if TYPE_CHECKING:
    from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path=str(config_folder()), config_name="config")
def job(config: DictConfig) -> str:
    """Run one cell; its run_id is the job's return value."""
    from omegaconf import OmegaConf

    from bench.config import cell_from
    from bench.run import run

    try:
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        return run(cell_from(cast("dict[str, Any]", plain))).run_id
    except StoppedError as stop:
        print(f"bench: {stop}")
        return "stopped"
    except Exception as error:  # noqa: BLE001  (told as one line)
        code = exit_code(error)
        if HydraConfig.get().mode is RunMode.MULTIRUN:
            raise CellFailed(code) from None  # the other cells of the sweep go on
        sys.exit(code)


class CellFailed(Exception):  # noqa: N818  (it carries an exit code, not a reason)
    """A cell of a sweep ended with an error that was told already."""


def terminated(*_: object) -> None:
    """Treat SIGTERM, which schedulers send, like Ctrl-C."""
    raise KeyboardInterrupt("SIGTERM")


def main() -> int:
    """Run the command line, turning errors into one line and an exit code."""
    signal.signal(signal.SIGTERM, terminated)
    # Hydra would print its own page of text; here an error is one line.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    try:
        job()
    except CellFailed as failure:
        return int(failure.args[0])
    except KeyboardInterrupt as error:
        return exit_code(error)
    except Exception as error:  # noqa: BLE001  (what a cell raises is told in `job`)
        from bench.overrides import explain

        return failed(explain(error, sys.argv[1:]), 2)
    return 0


def exit_code(error: BaseException) -> int:
    """Print the reason as one line; the exit code that belongs to it."""
    if isinstance(error, KeyboardInterrupt):
        return failed(
            "interrupted; the same command goes on behind the last finished stage",
            143 if error.args else 130,
        )
    if isinstance(error, OmegaConfBaseException):
        from bench.overrides import explain

        error = explain(error, sys.argv[1:])
    if isinstance(error, BenchError):
        return failed(error, 1 if isinstance(error, DivergedError) else 2)
    if not hasattr(error, "__notes__"):  # nothing recorded it: a fault of the harness itself
        traceback.print_exception(error)
    reason = str(error).strip().partition("\n")[0][:300]
    return failed(f"{type(error).__name__}: {reason} {notes(error)}", 1)


def notes(error: BaseException) -> str:
    """Where the traceback is kept, if a record was left."""
    return "".join(f"(traceback in the {note})" for note in getattr(error, "__notes__", []))


def failed(reason: object, code: int) -> int:
    """Print a reason and pass on the exit code."""
    print(f"bench: {reason}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
