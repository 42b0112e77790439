"""What stands over every table: where its numbers are from, and what each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.values import MEASURES

if TYPE_CHECKING:
    from bench.report.published import PublishedTable
    from bench.report.spec import TableSpec

HOLE = "–"
"""In the place of a number that there is not."""


def header(spec: TableSpec) -> list[str]:
    """Say where the published numbers are from, and what every number in the table is."""
    printed = spec.published
    source = spec.says or "A table of our own, with nothing published beside it."
    if printed:
        source = f"Published numbers: {printed.paper.reference}, {printed.number}."
    ours = (
        "“Ours”: mean over n seeds ± sample standard deviation (n − 1 in the denominator; none "
        "for n=1). Runs are averaged only where they differ in nothing but the seed."
    )
    leaders = (
        "Bold: the best of a column among ours, and all that cannot be told from it: Welch's test "
        "over seeds and the test items that all share, Holm-corrected, 5 %. Rows of a single seed, "
        "or whose records hold no resampled scores, are not tested."
    )
    papers = _papers(printed) if printed else []
    preset = "" if spec.overrides else " preset=paper"
    missing = f"What is not run: python -m bench.reproduce {spec.name}{preset}"
    counted = _parameters(printed)
    return [source, ours, *_measured(spec), leaders, *papers, *counted, _signs(spec), missing]


def _papers(printed: PublishedTable) -> list[str]:
    """Say what the published numbers are, and how ours are held against them."""
    sources = (
        "“Paper”: measured by the paper's authors; “paper*”: quoted by them from earlier work. "
        f"{printed.aggregation}"
    )
    verdicts = (
        "“Ours − paper”, where the settings are the paper's: inside, where the published number, "
        "rounded as it is, is in the 95 % interval of our mean over seeds (Student's t); else "
        "outside."
    )
    return [sources, verdicts]


def _parameters(printed: PublishedTable | None) -> list[str]:
    """Say what is counted."""
    if printed is None:
        return ["Parameters: trained ones, counted in our models."]
    note = f" {printed.note}" if printed.note else ""
    return [f"Parameters: trained ones, counted in our models and as printed in the paper.{note}"]


def _signs(spec: TableSpec) -> str:
    """Say what holes and settings mean, and what scores are multiplied by."""
    own = [one for one in spec.columns if not one.average and one.metric not in MEASURES]
    scaled = [f"{column.label} ×{column.scale:g}" for column in own if column.scale != 1]
    scales = {column.scale for column in own}
    signs = (
        f"A hole ({HOLE}) has its reason in the last column; n/a, a metric that could not be "
        "computed, in a note. Settings are written as on the command line; null is not set."
    )
    if len(scales) == 1 and scaled:
        return f"{signs} The official programs' output is multiplied by {scales.pop():g}."
    if scaled:
        return f"{signs} The official programs' output is multiplied: {', '.join(scaled)}."
    return signs


def _measured(spec: TableSpec) -> list[str]:
    """Say what columns are that are no metric of a record."""
    found = [
        f"Ours is by how much less than {method}'s run of the same seed, optimizer and training "
        "settings, but for weight decay, in percent."
        for method in spec.references
    ]
    if any(column.average for column in spec.columns):
        found.append("The average is over the other columns, seed by seed, of seeds with all.")
    return found
