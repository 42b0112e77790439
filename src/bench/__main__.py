"""`python -m bench method=… task=…`: compose a cell with Hydra and run it; `-m` runs a sweep.

Exit codes:

    0    finished, or before, or stopped as asked; of a sweep: all of its cells
    1    the run failed and left a record; of a sweep: a cell failed, or left no record
    2    the settings, data or model cannot be used; of a sweep: of some cells, others are done
    3    the same command, later, goes on: the run is being made elsewhere, or its time is over;
         of a sweep: nothing failed, but some cells are running elsewhere or were interrupted
    130  Ctrl-C
    143  SIGTERM
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, cast

import hydra

from bench.errors import StoppedError
from bench.interruption import raise_for
from bench.outcome import WRONG, SweepEnded, exit_code, failed
from bench.paths import config_folder

if TYPE_CHECKING:
    from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path=str(config_folder()), config_name="config")
def job(config: DictConfig) -> None:
    """Run one cell; the cells of a sweep are run by bench.sweep."""
    from omegaconf import OmegaConf

    from bench.config import cell_from
    from bench.run import run

    try:
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        run(cell_from(cast("dict[str, Any]", plain)))
    except StoppedError as stop:
        print(f"bench: {stop}")
    except Exception as error:  # noqa: BLE001  (told as one line)
        sys.exit(exit_code(error))


def main() -> int:
    """Run the command line, turning errors into one line and an exit code."""
    # Schedulers send it: the same as Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: raise_for(signal.SIGTERM))
    # Hydra would print its own page of text; here an error is one line.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    try:
        job()
    except SweepEnded as end:
        return int(end.args[0])
    except KeyboardInterrupt as error:
        return exit_code(error)
    except Exception as error:  # noqa: BLE001  (what a cell raises is told in `job`)
        from bench.overrides import explain

        return failed(explain(error, sys.argv[1:]), WRONG)
    return 0


if __name__ == "__main__":
    sys.exit(main())
