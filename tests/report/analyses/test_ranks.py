"""LoRMA's Table 15 from ranks analyses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.report.analyses.grid import Grid
from tests.report.analyses.analysis_files import of_runs, rank_row, trained
from tests.report.analyses.conftest import texts
from tests.report.report_records import write

Made = Callable[[str], Grid]


def analysed(results: Path, method: str, ranks: dict[int, int], **changes: str) -> None:
    """The rank of query in block 13 by the seed, one less in block 0 and one more in block 20."""
    for seed, rank in ranks.items():
        record = trained(method, seed, **changes)
        write(results, record)
        near = {block: rank + gap for block, gap in ((0, -1), (13, 0), (20, 1))}
        rows = [rank_row(near.get(block, rank), block=block) for block in range(24)]
        rows += [rank_row(5, block=13, step=10), rank_row(6, block=13, matrix="multiplier")]
        of_runs(results, "ranks", [record], rows)


def test_the_layer_of_the_paper_beside_the_printed_rank(results: Path, made: Made) -> None:
    """1019 and 1021 in layer 13, beside 1021; snapshots and multipliers do not count."""
    analysed(results, "lorma_pi", {0: 1019, 1: 1021})
    (part,) = made("lorma_table_15").parts
    ours, difference, paper, *others = texts(part)
    assert ours == [
        "LoRMA_π", "ours", "query", "8", "1,024", "1,020.0 ± 1.4", "1,018 to 1,022", "n=2",
    ]  # fmt: skip
    assert difference[1:] == ["ours − paper", "query", "", "", "-1", "", ""]
    assert paper[1:6] == ["paper", "–", "8", "1,024", "1,021"]
    assert [row[0] for row in others] == ["LoRA", "LoRMA_+"]
    assert part.remarks == ()


def test_equal_ranks_are_a_whole_number(results: Path, made: Made) -> None:
    """Without a deviation of 0."""
    analysed(results, "lora", {0: 8, 1: 8})
    grid = made("lorma_table_15")
    assert texts(grid.parts[0])[0][5] == "8"
    shown = next(fact for fact in grid.facts if fact.place == "block 13 query")
    assert (shown.mean, shown.std, shown.published, shown.difference) == (8, 0, 8, 0)
    others = [fact for fact in grid.facts if fact is not shown]
    assert {fact.published for fact in others} == {None}


def test_another_model_and_other_methods(results: Path, made: Made) -> None:
    """Its own full rank is told; a method that the paper lacks has no printed row."""
    record = trained("dora", model="smollm2_135m")
    write(results, record)
    of_runs(results, "ranks", [record], [rank_row(9, full=576)])
    (part,) = made("lorma_table_15").parts
    first, *papers = texts(part)
    assert first == ["dora", "ours", "query", "8", "576", "9", "9", "n=1"]
    assert [row[1] for row in papers] == ["paper"] * 3
    assert "another model" in part.remarks[0]


def test_another_rank_is_not_set_beside_the_printed_one(results: Path, made: Made) -> None:
    """Of the adapter, on the paper's model and task."""
    record = trained("lora")
    record.config["method"]["rank"] = 4
    write(results, record)
    of_runs(results, "ranks", [record], [rank_row(4, block=13)])
    grid = made("lorma_table_15")
    assert not any(row[1] == "ours − paper" for row in texts(grid.parts[0]))
    (fact,) = grid.facts
    assert fact.verdict == "not comparable: r = 4, not 8"


def test_without_analyses_the_printed_numbers_stand_alone(made: Made) -> None:
    """With the command that would fill the table."""
    (part,) = made("lorma_table_15").parts
    assert "python -m bench.analysis ranks RUN_ID" in part.remarks[0]
    assert [row[5] for row in texts(part)] == ["8", "8", "1,021"]
