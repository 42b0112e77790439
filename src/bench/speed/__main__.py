"""`python -m bench.speed`: how fast steps and decoding are, beside HF PEFT and plain equations.

Every method's training step is timed eagerly, as CUDA graphs, as graphs of compiled blocks, as
HF PEFT has it, and as the plain equations say, in turn and on the same rows; then decoding, and
whole cells where that is asked for. The losses of all ways are compared. Writes
results/speed/DEVICE_MODEL_PRECISION.json.

    methods=all|NAME,NAME    graph= compiled= peft= dense=all|none|NAME,NAME   which ways they get
    packed=none|all|NAME,NAME  runs=8    methods of which some runs are measured together, too
    cell=none|all|NAME,NAME    methods of which a whole cell is timed, but for its scoring
    shape=MODEL              random weights of a model's shapes, and random tokens
    batches=10 warmup=1 rounds=4    passes over some batches; those of the warm-up are not timed
    padded=512               length of a row of the plain equations
    dropout=off|model        ways are compared without dropout only
    profile=false            one more pass of our ways on a GPU: kernels of a step, and busy time
    queries=8                inputs that are decoded; 0 for none
    label=NAME               ends the file's name

Any other KEY=VALUE is a setting of the cells: model, task, preset, device, train.precision,
train.batch_size, decode.beams, paths.results ...

Exit codes: 0 measured; 1 measured, but losses do not agree; 2 with one line that says why nothing
could be measured; 130 Ctrl-C.
"""

from __future__ import annotations

import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.errors import BenchError
from bench.machine import prepare_threads
from bench.parser import Parser
from bench.printable import printable
from bench.speed.cells import cells
from bench.speed.files import path_of, save
from bench.speed.settings import chosen_methods, settings_from

if TYPE_CHECKING:
    from bench.speed.results import MethodSpeed, Speed

PRIVATE = ("paths.", "model.path=", "data.root=")
"""Overrides that name folders of this machine: they are not kept."""


def parser() -> Parser:
    """Arguments of the command."""
    found = Parser(
        prog="python -m bench.speed",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    found.add_argument("settings", nargs="*", default=[], metavar="KEY=VALUE")
    return found


def tell(found: MethodSpeed) -> None:
    """One line for a method that is measured."""
    times = [f"{way.way} {way.step_ms:.1f} ms" for way in found.ways if way.step_ms]
    if found.cell and found.cell.train_seconds:
        times.append(f"whole cell {found.cell.train_seconds:.0f} s")
    print(printable(f"{found.method}: {found.refused or ', '.join(times)}"), flush=True)


def run(words: Sequence[str]) -> int:
    """Measure, write, tell; the exit code."""
    settings, overrides = settings_from(words)
    composed = list(cells(chosen_methods(settings), overrides))
    threads = prepare_threads(composed[0])
    from bench.speed.show import as_text
    from bench.speed.whole import measure

    results = composed[0].paths.results

    def keep(speed: Speed) -> None:
        """What is measured is on disk, whatever happens to the rest."""
        save(path_of(results, speed, settings.label), speed)
        if speed.decoding is None:
            tell(speed.methods[-1])

    kept = [word for word in words if not word.startswith(PRIVATE)]
    speed = measure(composed, settings, ["python", "-m", "bench.speed", *kept], threads, keep)
    path = path_of(results, speed, settings.label)
    print(printable(f"\n{as_text(speed)}\n\nwritten: {path}"))
    if speed.apart:
        print(f"bench.speed: losses do not agree: {'; '.join(speed.apart)}", file=sys.stderr)
    return int(bool(speed.apart))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    try:
        return run(parser().parse_intermixed_args(arguments).settings)
    except BenchError as error:
        print(printable(f"bench.speed: {error}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench.speed: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
