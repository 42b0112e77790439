"""What tasks, models and methods are called on the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from bench import registry
from bench.list.files import first_comment
from bench.paths import config_folder
from bench.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.report.runs import Run
    from bench.report.spec import TableSpec

_INDEXED = re.compile(
    r"(?=[^_^]*[A-Z])([^_^$\\{}]+)([_^])(?:\{([^{}]+)\}|([^\W_]+|[+*]))(.*)", re.DOTALL
)
"""A paper's name has a capital before its index; adapter_h is a name of a file."""


def typeset(label: str) -> Markup:
    """A label with the index of LoRMA_π or FT^{q,v} lowered or raised; any other as it is."""
    text = one_line(label)
    found = _INDEXED.fullmatch(text)
    if not found:
        return escape(text)
    # format escapes what it is given.
    form = Markup("{}<sub>{}</sub>{}") if found[2] == "_" else Markup("{}<sup>{}</sup>{}")
    return form.format(found[1], found[3] or found[4], found[5])


def plain(label: str) -> str:
    """The same where nothing can be lowered or raised: LoRMAπ, FT^q,v."""
    text = one_line(label)
    found = _INDEXED.fullmatch(text)
    if not found:
        return text
    sign = "" if found[2] == "_" else "^"
    return f"{found[1]}{sign}{found[3] or found[4]}{found[5]}"


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts Table 9 before Table 10: digits as numbers, everything else as text."""
    parts = re.split(r"([0-9]+)", text)
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in parts)


def tasks(names: Iterable[str]) -> dict[str, str]:
    """Short titles of tasks: that of the task without what stands behind a bracket."""
    known = registry.tasks()
    return {
        name: known[name].title.partition(" (")[0] if name in known else name
        for name in sorted(set(names))
    }


def models(runs: Sequence[Run]) -> dict[str, str]:
    """Titles of models, as the newest run has them."""
    return {run.model: run.model_title for run in sorted(runs, key=lambda run: run.age)}


def methods(names: Iterable[str], specs: Iterable[TableSpec]) -> Mapping[str, str]:
    """The papers' names of methods: of the first row that is no variant, best without settings.

    What a label says of settings, behind a comma, is no part of the name.

    A method of no table has the name that its configuration begins with, as `DoRMA (arXiv …): …`.
    """
    rows = [row for spec in specs for row in spec.rows if row.variant is None]
    found: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: bool(row.where)):
        found.setdefault(row.method, row.label.partition(", ")[0])
    return {name: found.get(name) or _of_file(name) or name for name in sorted(set(names))}


def _of_file(method: str) -> str:
    """The words before a reference in the first comment of a method's configuration."""
    path = config_folder() / "method" / f"{method}.yaml"
    title, bracket, _ = first_comment(path).partition(" (") if path.is_file() else ("", "", "")
    return title if bracket else ""
