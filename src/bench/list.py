"""`python -m bench.list methods|tasks|models|tables|runs [--json]`: what there is.

The names are those that `method=NAME`, `task=NAME`, `model=NAME` and
`python -m bench.reproduce NAME` take. Exit codes: 0, or 2 with one line that says why.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import yaml
from tabulate import tabulate

from bench.errors import BenchError, ConfigError, unknown
from bench.models.catalogue import catalogue
from bench.models.config import HubSource, PackageSource
from bench.paths import config_folder
from bench.registry import choose, selects, tasks, updates
from bench.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bench.methods.base import Select, Update
    from bench.models.config import ModelConfig
    from bench.store.record import Record

Entry = dict[str, Any]

COMPOSED = ("name", "update", "select", "parts", "optimizer", "plugins")
"""Keys of a method's file that are no option of its update."""

NARROW = {"about": 40, "source": 32, "from": 32, "options": 26, "metrics": 36}
"""Characters in a line of a column where the terminal is too narrow for one line each."""


def methods() -> Iterator[Entry]:
    """Every file of conf/method, with the options of its update or selection."""
    for path, values in _files("method"):
        component = _component(path, values)
        defaults = {
            field.name: field.default
            for field in fields(component)  # type: ignore[arg-type]
            if field.default is not MISSING
        }
        own = {key: value for key, value in values.items() if key not in COMPOSED}
        yield {
            "name": values.get("name", path.stem),
            "about": _first_comment(path),
            "source": component.source,
            "parts": values.get("parts") or [],
            "options": defaults | own,
            "optimizer": values.get("optimizer") or {},
            "plugins": values.get("plugins") or {},
        }


def registered_tasks() -> Iterator[Entry]:
    """Every registered task."""
    for name, task in tasks().items():
        yield {
            "name": name,
            "title": task.title,
            "rows": dict(task.source.rows),
            "metrics": [metric.name for metric in task.metrics],
            "licence": task.source.licence,
        }


def models() -> Iterator[Entry]:
    """Every file of conf/model."""
    for model in catalogue():
        yield {
            "name": model.name,
            "title": model.title,
            "from": _origin(model),
            "licence": model.licence,
        }


def tables() -> Iterator[Entry]:
    """Every file of conf/table."""
    for path, values in _files("table"):
        yield {"name": path.stem, "title": values.get("title")}


def runs(results: Path) -> Iterator[Entry]:
    """Every record below `results`; files that are no records are named on stderr."""
    records, damaged = Store(results).read()
    for file in damaged:
        print(f"bench: {file.path}: left out, {file.reason}", file=sys.stderr)
    if not records:
        print(f"bench: {results}: holds no records", file=sys.stderr)
    for record in records:
        cell = record.cell
        yield {
            "run_id": record.run_id,
            **{key: cell.get(key) for key in ("task", "model", "method", "seed", "preset")},
            "data": record.data.get("source"),
            "status": record.status,
            "metrics": _in_order(record),
        }


def _files(group: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The files of one group of the configuration, in the order of their names."""
    for path in sorted((config_folder() / group).glob("*.yaml")):
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise ConfigError(f"{path}: cannot be read ({' '.join(str(error).split())})") from None
        if not isinstance(values, dict):
            raise ConfigError(f"{path}: must hold keys and values")
        yield path, values


def _component(path: Path, values: Mapping[str, Any]) -> type[Update] | type[Select]:
    """The update or selection that a method's file names."""
    if values.get("select"):
        return choose(selects(), f"{path}: method.select", str(values["select"]))
    return choose(updates(), f"{path}: method.update", str(values.get("update")))


def _first_comment(path: Path) -> str:
    """The first line of a file where it is a comment."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""


def _origin(model: ModelConfig) -> str:
    """Where the weights of a model are."""
    source = model.source
    if model.path is not None:
        return f"folder {model.path}"
    if isinstance(source, PackageSource):
        return f"package {source.requirement}"
    if isinstance(source, HubSource):
        return f"hub {source.repository} @ {(source.revision or 'not pinned')[:10]}"
    return f"random weights, seed {source.seed}"


def _in_order(record: Record) -> dict[str, float | None]:
    """The metrics of a record in the order of its task, others behind them."""
    task = tasks().get(str(record.cell.get("task")))
    first = [metric.name for metric in task.metrics] if task else []
    names = [name for name in first if name in record.metrics]
    names += [name for name in record.metrics if name not in first]
    return {name: record.metrics[name] for name in names}


def as_table(entries: Sequence[Entry], width: int | None = None) -> str:
    """Entries as an aligned table, one line each unless that exceeds `width` characters.

    The optimizer and the plugins of a method are in the JSON only.
    """
    if not entries:
        return "none"
    columns = [key for key in entries[0] if key not in {"optimizer", "plugins"}]
    body = [[_text(entry[key]) for key in columns] for entry in entries]
    whole = tabulate(body, columns, "simple", disable_numparse=True)
    if width is None or max(map(len, whole.splitlines())) <= width:
        return whole
    narrow = [NARROW.get(key) for key in columns]
    return tabulate(body, columns, "simple", disable_numparse=True, maxcolwidths=narrow)


def _text(value: object) -> str:
    """One value as a person reads it, spelled as on the command line."""
    match value:
        case dict():
            return ", ".join(f"{key}={_text(item)}" for key, item in value.items())
        case list() | tuple():
            return ", ".join(_text(item) for item in value)
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.4g}"
    return str(value)


class _Parser(argparse.ArgumentParser):
    """Errors are one line, as everywhere."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message}; see python -m bench.list --help")


def _results(settings: Sequence[str]) -> Path:
    """The folder of records: paths.results=DIR, else BENCH_RESULTS, else results."""
    folder = os.environ.get("BENCH_RESULTS") or "results"
    for setting in settings:
        key, _, value = setting.partition("=")
        if key != "paths.results" or not value:
            raise ConfigError(f"{setting}: no such setting; did you mean paths.results=DIR?")
        folder = value
    return Path(folder)


def entries(kind: str, settings: Sequence[str]) -> list[Entry]:
    """What there is of one kind."""
    lists: dict[str, Callable[[], Iterator[Entry]]] = {
        "methods": methods,
        "tasks": registered_tasks,
        "models": models,
        "tables": tables,
        "runs": lambda: runs(_results(settings)),
    }
    if kind not in lists:
        raise unknown("list", kind, "list", lists)
    if settings and kind != "runs":
        raise ConfigError(f"{settings[0]}: no setting of `{kind}`; only `runs` takes paths.results")
    return list(lists[kind]())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one list."""
    parser = _Parser(prog="python -m bench.list", description="What there is, one line each.")
    parser.add_argument("kind", metavar="methods|tasks|models|tables|runs")
    parser.add_argument("settings", nargs="*", default=[], metavar="paths.results=DIR")
    parser.add_argument("--json", action="store_true", help="print a list of JSON objects")
    try:
        given = parser.parse_intermixed_args(arguments)
        found = entries(given.kind, given.settings)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    print(json.dumps(found, indent=1, ensure_ascii=False) if given.json else as_table(found, width))
    return 0


if __name__ == "__main__":
    sys.exit(main())
