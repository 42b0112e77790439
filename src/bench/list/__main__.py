"""`python -m bench.list methods|tasks|models|tables|runs [--json]`: what there is.

The names are those that `method=NAME`, `task=NAME`, `model=NAME` and
`python -m bench.reproduce NAME` take. `methods model=NAME` also counts what each method
trains on a model, from its shapes: that takes torch, and seconds. `runs paths.results=DIR`
reads the records of a folder. Exit codes: 0, or 2 with one line that says why.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import BenchError, ConfigError, unknown
from bench.list.catalogues import models, registered_tasks, tables
from bench.list.methods import methods
from bench.list.runs import runs
from bench.list.text import as_table
from bench.models.catalogue import catalogue
from bench.parser import Parser
from bench.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bench.list.files import Entry
    from bench.models.config import ModelConfig

SETTINGS = {"methods": "model=NAME", "runs": "paths.results=DIR"}
"""The one setting of a list that takes any."""


def entries(kind: str, settings: Sequence[str]) -> list[Entry]:
    """What there is of one kind."""
    lists: Mapping[str, Callable[[str | None], Iterable[Entry]]] = {
        "methods": lambda name: methods(_model(name)),
        "tasks": lambda _: registered_tasks(),
        "models": lambda _: models(),
        "tables": lambda _: tables(),
        "runs": lambda folder: runs(Path(folder or os.environ.get("BENCH_RESULTS") or "results")),
    }
    if kind not in lists:
        raise unknown("list", kind, "list", lists)
    return list(lists[kind](_setting(kind, settings)))


def _setting(kind: str, settings: Sequence[str]) -> str | None:
    """The value of the setting that a list takes; the last one where it is given again."""
    found = None
    for setting in settings:
        if kind not in SETTINGS:
            takes = " and ".join(f"`{name}` takes {one}" for name, one in SETTINGS.items())
            raise ConfigError(f"{setting}: `{kind}` takes no setting; only {takes}")
        key, _, found = setting.partition("=")
        if key != SETTINGS[kind].partition("=")[0] or not found:
            raise ConfigError(f"{setting}: no such setting; did you mean {SETTINGS[kind]}?")
    return found


def _model(name: str | None) -> ModelConfig | None:
    """The model of conf/model that is called `name`."""
    if name is None:
        return None
    known = {model.name: model for model in catalogue()}
    if name not in known:
        raise unknown("model", name, "model", known)
    return known[name]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one list."""
    parser = Parser(prog="python -m bench.list", description="What there is, one line each.")
    parser.add_argument("kind", metavar="methods|tasks|models|tables|runs")
    parser.add_argument("settings", nargs="*", default=[], metavar=" | ".join(SETTINGS.values()))
    parser.add_argument("--json", action="store_true", help="print a list of JSON objects")
    try:
        given = parser.parse_intermixed_args(arguments)
        found = entries(given.kind, given.settings)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    if given.json:
        print(printable(json.dumps(found, indent=1, ensure_ascii=False)))
        return 0
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    print(as_table(found, given.kind, width))
    return 0


if __name__ == "__main__":
    sys.exit(main())
