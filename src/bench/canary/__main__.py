"""`python -m bench.canary`: whether this environment computes the stored numbers, to the digit.

Runs one small whole cell on one thread, and compares its metrics, losses, trained tensors and
predictions with those in the package, which name the environment they are from. It takes
device=cpu|cuda and train.precision=fp32|tf32|bf16 to try another arithmetic than cpu and fp32.

With --store, reads every canary anew and stores its numbers; refuses where a component has
other numbers under the same version.

Exit codes: 0 the same to the digit, or stored; 1 other digits, or refused; 2 with one line that
says why nothing could be compared; 130 Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence

from bench.errors import BenchError, ConfigError, unknown
from bench.parser import Parser, settings_of

ALLOWED = {"device": ("cpu", "cuda"), "train.precision": ("fp32", "tf32", "bf16")}


def parser() -> Parser:
    """Arguments of the command."""
    found = Parser(
        prog="python -m bench.canary",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    found.add_argument("settings", nargs="*", default=[], metavar="KEY=VALUE")
    found.add_argument("--store", action="store_true", help="write new numbers")
    return found


def checked(settings: Mapping[str, str]) -> tuple[str, str]:
    """Device and precision."""
    for key, value in settings.items():
        if value not in ALLOWED[key]:
            raise unknown(key, value, "choice", ALLOWED[key])
    return settings.get("device", "cpu"), settings.get("train.precision", "fp32")


def compare(device: str, precision: str) -> int:
    """Run the cell, compare, tell; the exit code."""
    from bench.canary.cells import GENERATION
    from bench.canary.digits import compare, run_cell
    from bench.canary.environment import facts
    from bench.canary.show import as_text
    from bench.canary.stored import load

    stored = load()
    if stored.digits is None:
        raise ConfigError("no numbers are stored; run python -m bench.canary --store")
    now = run_cell(stored.probes[GENERATION].inputs, device, precision)
    found = compare(stored.digits, now)
    print(as_text(found, stored.environment, facts(device, precision)))
    return int(any(one.differs is not None for one in found))


def store() -> int:
    """Write new numbers, or tell why not; the exit code."""
    from bench.canary.store import renew
    from bench.canary.stored import PATH, load, save

    renewed = renew(load())
    if renewed.stored is None:
        print("\n".join(["nothing is stored:", *renewed.refused]), file=sys.stderr)
        return 1
    save(renewed.stored)
    print(f"stored: {PATH}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    # Before torch is imported: the number of cores must not matter.
    os.environ.update(
        {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    )
    try:
        given = parser().parse_intermixed_args(arguments)
        device, precision = checked(settings_of(given.settings, ALLOWED))
        return store() if given.store else compare(device, precision)
    except BenchError as error:
        print(f"bench.canary: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench.canary: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
