"""`python -m bench.export RUN_ID --to peft|merged`: a trained model for other programs.

    peft     the change of the weights as a LoRA folder, for PeftModel.from_pretrained
    merged   plain weights with the change in them, for AutoModel....from_pretrained

Exit codes: 0 written, 2 with one line that says why not, 1 for a fault of the harness.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from bench.config import Cell
from bench.errors import BenchError, unknown
from bench.export.allowed import check_kind
from bench.export.card import Facts, Kind, card
from bench.export.origin import origin_of
from bench.export.output import check_free, whole_folder
from bench.machine import prepare_threads
from bench.parser import Parser, settings_of
from bench.store.folder import RunFolder
from bench.store.record import Record
from bench.trained import (
    PLACES,
    Places,
    compare_weights,
    find_adapter,
    find_record,
    places_of,
    rebuild_cell,
)


def parser() -> Parser:
    """Arguments of the command."""
    found = Parser(
        prog="python -m bench.export",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("run_id", metavar="RUN_ID", help="run, or the first digits of its run_id")
    found.add_argument("--to", required=True, metavar="peft|merged", help="what to write")
    found.add_argument("--out", type=Path, metavar="DIR", help="default: runs/RUN_ID/export/KIND")
    found.add_argument(
        "settings", nargs="*", default=[], metavar="KEY=DIR",
        help=f"{', '.join(PLACES)} (also BENCH_RUNS, BENCH_RESULTS)",
    )  # fmt: skip
    return found


def write(cell: Cell, record: Record, folder: RunFolder, kind: Kind, out: Path) -> str | None:
    """Write the export; a reservation about it, if there is one."""
    note = compare_weights(record, cell)
    threads = prepare_threads(cell)
    from bench.export.restore import restore

    trained = restore(cell, folder, threads)
    labels = trained.attached.model.config.num_labels if trained.attached.head else None
    ended = labels is None and cell.method.shots == 0
    end = str(trained.tokenizer.eos_token) if ended else None
    with whole_folder(out) as new:
        if kind == "peft":
            from bench.export.peft_folder import write_peft

            write_peft(trained, origin_of(cell.model), new)
        else:
            from bench.export.merged_folder import write_merged

            write_merged(trained, new)
        text = card(cell, record, Facts(kind=kind, labels=labels, end=end, note=note))
        (new / "README.md").write_text(text, encoding="utf-8")
    return note


def export(run_id: str, kind: Kind, found: Places, out: Path | None) -> Path:
    """Find the run, write its model, and return the folder."""
    record = find_record(found.results, run_id)
    folder = find_adapter(found.runs, record)
    cell = rebuild_cell(record, found)
    check_kind(cell.method, kind)
    target = out or folder.path / "export" / kind
    check_free(target)
    note = write(cell, record, folder, kind, target)
    if note is not None:
        print(f"bench: {note}", file=sys.stderr)
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    try:
        given = parser().parse_intermixed_args(arguments)
        if given.to not in get_args(Kind):
            raise unknown("--to", given.to, "kind of export", get_args(Kind))
        found = places_of(settings_of(given.settings, PLACES))
        print(export(given.run_id, given.to, found, given.out))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
