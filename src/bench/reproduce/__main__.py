"""`python -m bench.reproduce TABLE`: run what a published table still lacks, and rebuild it.

The cells are those of conf/table/TABLE.yaml: each row with each seed. What is finished is
skipped; the rest runs as a sweep does, through any launcher of Hydra.

    python -m bench.reproduce lorma_table_3 --dry-run                 which cells, how far, how long
    python -m bench.reproduce lorma_table_3 preset=paper seed=0
    python -m bench.reproduce loda_table_1 hydra/launcher=packed train.limit=2000

Any KEY=VALUE is a setting of all cells, and decides over the table's own.

Exit codes: those of a sweep (python -m bench): 0 all done; 1 a cell failed; 2 wrong settings of
the command or of some cells; 3 some run elsewhere or were interrupted; 130 Ctrl-C.
"""

from __future__ import annotations

import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.errors import BenchError
from bench.outcome import WRONG
from bench.parser import Parser
from bench.printable import printable


def parser() -> Parser:
    """Arguments of the command."""
    found = Parser(
        prog="python -m bench.reproduce",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    found.add_argument("table", metavar="TABLE", help="name of a file in conf/table")
    found.add_argument("settings", nargs="*", default=[], metavar="KEY=VALUE")
    found.add_argument("--dry-run", action="store_true", help="tell what would run")
    return found


def tell(table: str, given: Sequence[str]) -> int:
    """Print every cell with its state, and what is left to do."""
    from bench.reproduce.cells import expanded, is_quick, spec_named, table_cells
    from bench.reproduce.standing import standing, summary
    from bench.store.store import Store
    from bench.sweep.compose import new_composer
    from bench.sweep.explain import composed
    from bench.sweep.plan import plan

    composer, spec = new_composer(), spec_named(table)
    combinations = expanded(given)
    store = Store(results_of(composed(composer, combinations[0])))
    cells = [cell for one in combinations for cell in table_cells(spec, one)]
    planned = plan(cells, composer.settings)
    found = [standing(one, store) for one in planned]
    quick = f"quick preset: {spec.quick.minutes} min for the whole table on two cores"
    head = [spec.title, quick] if is_quick(spec, combinations[0]) else [spec.title]
    print(printable("\n".join([*head, *map(str, found), summary(found)])))
    return 0


def results_of(settings: object) -> Path:
    """The results folder of resolved settings."""
    assert isinstance(settings, dict)  # noqa: S101
    return Path(settings["paths"]["results"])


def reproduce(table: str, given: Sequence[str]) -> int:
    """Run the missing cells, then write the table; the sweep's exit code."""
    from bench import __main__ as runner
    from bench.report import __main__ as report
    from bench.reproduce.cells import expanded, spec_named
    from bench.sweep.compose import new_composer
    from bench.sweep.explain import composed

    spec_named(table)
    results = results_of(composed(new_composer(), expanded(given)[0]))
    with arguments("-m", f"hydra.sweeper.table={table}", *given):
        code = runner.main()
    written = report.main([f"paths.results={results}"])
    print((results / "tables" / f"{table}.md").read_text(encoding="utf-8"))
    return code or written


@contextmanager
def arguments(*words: str) -> Iterator[None]:
    """Let the runner see these arguments."""
    before, sys.argv = sys.argv, [sys.argv[0], *words]
    try:
        yield
    finally:
        sys.argv = before


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    try:
        asked = parser().parse_intermixed_args(words)
        do = tell if asked.dry_run else reproduce
        return do(asked.table, asked.settings)
    except BenchError as error:
        print(printable(f"bench.reproduce: {error}"), file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        print("bench.reproduce: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
