"""The page as text: pure, and the same bytes for the same records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bench.printable import printable
from bench.report.page import names
from bench.report.page.board import CONDITION, MEASURED, boards
from bench.report.page.commands import rerun
from bench.report.page.entries import Entry, anchors, details
from bench.report.page.groups import groups_of
from bench.report.page.marks import marks
from bench.report.page.metrics import metrics_of
from bench.report.page.points import COSTS, settings
from bench.report.page.sheets import (
    ENDINGS,
    FIGURES,
    TABLES,
    has_value,
    ordered,
    sheet_of,
    sheet_of_grid,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.report.analyses.grid import Grid
    from bench.report.blocks import Block
    from bench.report.page.groups import Condition, Group
    from bench.report.page.marks import Mark
    from bench.report.runs import Run
    from bench.report.spec import TableSpec

    Tables = Sequence[tuple[TableSpec, Sequence[Block]]]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """The runs of one condition, by group."""

    condition: Condition
    groups: tuple[tuple[Group, tuple[Entry, ...]], ...]

    @property
    def count(self) -> int:
        """How many runs it holds."""
        return sum(len(entries) for _, entries in self.groups)


def environment() -> Environment:
    """Templates that escape what they are given, and show control signs as they are spelled."""
    found = Environment(
        loader=PackageLoader("bench.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    found.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    found.filters["path"] = partial(quote, safe="/")
    found.filters |= {"typeset": names.typeset, "plain": names.plain}
    return found


def _shown(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def render(
    runs: Sequence[Run],
    tables: Tables,
    grids: Sequence[Grid] = (),
    *,
    specifications: Mapping[str, Any],
    bundle: str = "",
) -> str:
    """Write the whole page.

    `tables` are those of the papers, `grids` those that are made of analyses, `specifications`
    those of the charts, and `bundle` is the script that draws Vega-Lite charts; without it the
    page has no charts.
    """
    by_link = sorted(runs, key=lambda run: run.link)
    groups, specs = groups_of(by_link), [spec for spec, _ in tables]
    metrics, places = metrics_of(by_link, specs), anchors(by_link)
    titles = names.tasks(run.task for run in by_link) | names.models(by_link)
    methods = names.methods((run.method for run in by_link), specs)
    filled = [sheet_of(spec, blocks) for spec, blocks in tables if has_value(blocks)]
    own_marks = marks(group.method for group in groups)
    return (
        environment()
        .get_template("page.html")
        .render(
            runs=by_link,
            titles=titles,
            methods=methods,
            tasks=sorted({run.task for run in by_link}),
            models=sorted({run.model for run in by_link}),
            synthetic_only=not any(run.real for run in by_link),
            marks=own_marks,
            boards=boards(groups, metrics),
            places=places,
            condition=CONDITION,
            measured=MEASURED,
            charts={
                "specifications": specifications,
                **_charts(settings(groups, metrics, titles, places), methods, own_marks),
            },
            sheets=ordered([*filled, *(sheet_of_grid(grid) for grid in grids)]),
            missing=[spec for spec, blocks in tables if not has_value(blocks)],
            folders={"tables": TABLES, "figures": FIGURES},
            endings=ENDINGS,
            shelves=list(_shelves(groups, places)),
            details=details(groups),
            rerun=rerun,
            # Only in a text of the script could this stand, where the stroke changes nothing.
            bundle=Markup(bundle.replace("</script", r"<\/script")),  # noqa: S704
        )
    )


def _charts(
    drawn: Sequence[Mapping[str, Any]], methods: Mapping[str, str], own_marks: Mapping[str, Mark]
) -> dict[str, Any]:
    """What the script that draws needs of runs; the setting with the most points comes first."""
    sizes = [len(setting["points"]) for setting in drawn]
    return {
        "settings": drawn,
        "first": sizes.index(max(sizes)) if sizes else None,
        "costs": [
            {"key": one.key, "noun": one.noun, "title": one.title, "log": one.log} for one in COSTS
        ],
        "methods": {name: names.plain(label) for name, label in methods.items()},
        "marks": {name: [one.color, one.shape, one.dash] for name, one in own_marks.items()},
    }


def _shelves(groups: Sequence[Group], places: Mapping[str, str]) -> Iterator[Shelf]:
    """The runs of every condition; their places in the data are those of `details`."""
    count = 0
    for condition, of_condition in groupby(groups, key=lambda group: group.condition):
        held = []
        for group in of_condition:
            entries = []
            for run in group.runs:
                entries.append(Entry(run=run, at=places[run.link], index=count))
                count += 1
            held.append((group, tuple(entries)))
        yield Shelf(condition=condition, groups=tuple(held))
