"""`python -m bench.rerun RUN_ID`: repeats a finished run from its record, and compares.

Settings: paths.results=DIR paths.runs=DIR (also BENCH_RESULTS, BENCH_RUNS), data.root=DIR (also
BENCH_DATA) for rows from a folder, model.path=DIR for weights from a folder, device=auto|cpu|cuda
and threads=N, which are the record's unless given. Works below runs/rerun/, in a folder that is
kept where anything differs.

Exit codes: 0 the same to the digit, 1 different numbers, 2 with one line that says why the run
cannot be repeated, 130 Ctrl-C, 143 SIGTERM.
"""

from __future__ import annotations

import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.errors import BenchError, ConfigError, DivergedError, unknown
from bench.parser import Parser, settings_of
from bench.printable import one_line
from bench.rerun.cell import Here
from bench.trained import PLACES, find_record, places_of

SETTINGS = (*PLACES, "data.root", "device", "threads")
DEVICES = ("auto", "cpu", "cuda")


def parser() -> Parser:
    """Arguments of the command."""
    found = Parser(
        prog="python -m bench.rerun",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    found.add_argument("run_id", metavar="RUN_ID", help="run, or the first digits of its run_id")
    found.add_argument("settings", nargs="*", default=[], metavar="KEY=VALUE")
    return found


def here(settings: Mapping[str, str]) -> Here:
    """What was named, checked."""
    root = settings.get("data.root")
    device, threads = settings.get("device"), settings.get("threads")
    if device is not None and device not in DEVICES:
        raise unknown("device", device, "device", DEVICES)
    if threads is not None and not (threads.isdecimal() and int(threads) > 0):
        raise ConfigError(f"threads={threads}: must be a whole number of 1 or more")
    return Here(
        places=places_of(settings),
        data=Path(root) if root else None,
        device=device,
        threads=None if threads is None else int(threads),
    )


def rerun(run_id: str, found: Here) -> int:
    """Repeat, compare, tell; the exit code."""
    record = find_record(found.places.results, run_id)
    from bench.rerun.compare import compare
    from bench.rerun.repeat import repeat, scratch_folder
    from bench.rerun.show import as_text

    with scratch_folder(found.places.runs, record.run_id) as scratch:
        try:
            repeated = repeat(record, found, scratch.path)
        except DivergedError as error:
            scratch.keep = True
            print(f"bench.rerun: {record.run_id}: diverged this time: {error}", file=sys.stderr)
            print(f"kept: {scratch.path}")
            return 1
        findings = compare(repeated.then, repeated.now)
        print(as_text(repeated, findings))
        scratch.keep = any(one.differs is not None for one in findings)
        if scratch.keep:
            print(f"kept: {scratch.path}")
    return int(scratch.keep)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    try:
        given = parser().parse_intermixed_args(arguments)
        return rerun(given.run_id, here(settings_of(given.settings, SETTINGS)))
    except BenchError as error:
        print(f"bench.rerun: {error}", file=sys.stderr)
    except KeyboardInterrupt as error:
        print("bench.rerun: interrupted", file=sys.stderr)
        return 143 if error.args else 130
    except Exception as error:  # noqa: BLE001  (whatever it is, the run cannot be repeated)
        reason = one_line(str(error))[:300]
        print(f"bench.rerun: {type(error).__name__}: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
