"""Analyses that are averaged, what tells others apart, and the blocks that are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.analyses.groups import by_depth, grouped
from bench.report.analyses.sources import read_sources
from bench.report.runs import read_runs
from tests.report.analyses.analysis_files import of_runs, rank_row, trained
from tests.report.report_records import write

if TYPE_CHECKING:
    from pathlib import Path

    from bench.report.analyses.groups import Condition, Group
    from bench.report.analyses.published import Analyses


def groups(results: Path) -> list[tuple[Condition, list[Group]]]:
    """Of all analyses of the folder."""
    known = {run.run_id: run for run in read_runs(results)[0]}
    return grouped(read_sources(results)[0], known, {"roberta_large": "RoBERTa large"})


def test_seeds_are_averaged_and_settings_are_not(results: Path) -> None:
    """Two seeds of one setting, one of another; the label says what differs."""
    records = [trained("lora"), trained("lora", 1), trained("lora", 2)]
    records.append(trained("lora", versions={"trainer": 2}))
    write(results, *records)
    for record in records:
        of_runs(results, "ranks", [record], [rank_row(8)])
    ((where, found),) = groups(results)
    assert where.heading == "RoBERTa large · cola · paper preset · real data · all rows"
    told = {group.label: group.seeds for group in found}
    assert told == {"LoRA · versions.trainer=1": "n=3", "LoRA · versions.trainer=2": "n=1"}


def test_without_records_every_run_stands_alone(results: Path, printed: Analyses) -> None:
    """Nobody can say that they differ in the seed only, nor what the data was."""
    for seed in (0, 1):
        of_runs(results, "ranks", [trained("lora", seed)], [rank_row(8)])
    ((where, found),) = groups(results)
    assert [group.seeds for group in found] == ["n=1", "n=1"]
    assert {group.suffix for group in found} == {trained("lora", s).run_id[:8] for s in (0, 1)}
    assert where.apart(printed.ranks) == ["no record tells the data"]


def test_presets_data_and_models_have_parts_of_their_own(results: Path, printed: Analyses) -> None:
    """Each with the reasons why it does not compare."""
    records = [
        trained("lora"),
        trained("lora", preset="quick"),
        trained("lora", source="synthetic"),
        trained("lora", partial=True),
        trained("lora", model="gpt2_medium"),
    ]
    write(results, *records)
    for record in records:
        of_runs(results, "ranks", [record], [rank_row(8)])
    found = [where.apart(printed.ranks, "cola") for where, _ in groups(results)]
    assert sorted(found) == [
        [],
        ["another model (gpt2_medium, not RoBERTa large)"],
        ["only part of the rows"],
        ["synthetic data"],
        ["the quick preset, not the paper's hyper-parameters"],
    ]
    own = next(where for where, _ in groups(results) if not where.apart(printed.ranks))
    assert own.apart(printed.ranks, "rte") == ["another task (cola, not rte)"]


def test_the_block_at_the_same_depth() -> None:
    """Layers 3, 13 and 23 of 24: themselves there, spread over fewer or more blocks elsewhere."""
    assert [by_depth(range(24), layer, 24) for layer in (3, 13, 23)] == [3, 13, 23]
    assert [by_depth(range(6), layer, 24) for layer in (3, 13, 23)] == [0, 3, 5]
    assert [by_depth(range(30), layer, 24) for layer in (3, 13, 23)] == [3, 16, 28]
    assert [by_depth([23, 3], layer, 24) for layer in (3, 23)] == [3, 23]
    assert by_depth([4], 23, 24) == 4
