"""LoRMA's Table 12 from the data of the records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.report.analyses.grid import Grid
from bench.store.record import Record
from tests.report.analyses.conftest import texts
from tests.report.report_records import make_record, write

Made = Callable[[str], Grid]


def read(task: str, seed: int = 0, source: str = "local", **splits: dict[str, Any]) -> Record:
    """A record of a run that read these splits."""
    record = make_record("lora", seed, source=source, again=task)
    record.cell["task"] = task
    record.data["splits"] = {
        name: {"sha256": "0", "partial": False, **split} for name, split in splits.items()
    }
    return record


def rows_of(grid: Grid, label: str) -> list[list[str]]:
    """The rows of one data set, without its name."""
    return [row[1:] for row in texts(grid.parts[0]) if row[0] == label]


def test_rows_beside_the_printed_sizes(results: Path, made: Made) -> None:
    """MNLI's validation rows are the matched ones; differences where both are whole numbers."""
    glue = {"train": {"rows": 392700}, "validation_matched": {"rows": 9815}}
    write(results, read("mnli", **glue))
    grid = made("lorma_table_12")
    assert rows_of(grid, "MNLI") == [
        ["ours", "392,700", "9,815", "–", "–"],
        ["paper", "392,702", "9,815", "–", "–"],
        ["ours − paper", "-2", "0", "", ""],
    ]
    train, validation = (fact for fact in grid.facts if fact.task == "mnli")
    assert (train.mean, train.published, train.difference) == (392700, 392702, -2)
    assert (results / train.files[0]).is_file()
    assert validation.difference == 0


def test_all_splits_make_a_total(results: Path, made: Made) -> None:
    """12,500 in all is printed of MATH."""
    write(results, read("math", train={"rows": 7500}, validation={"rows": 1}, test={"rows": 5000}))
    grid = made("lorma_table_12")
    assert rows_of(grid, "MATH")[0] == ["ours", "7,500", "1", "5,000", "12,501"]
    assert rows_of(grid, "MATH")[2] == ["ours − paper", "", "", "", "+1"]


def test_a_limit_does_not_change_the_size_of_a_file(results: Path, made: Made) -> None:
    """16 of 2,490 rows were used."""
    limited = {"rows": 16, "total": 2490, "partial": True}
    write(results, read("rte", train=limited))
    assert rows_of(made("lorma_table_12"), "RTE")[0][1] == "2,490"


def test_part_of_a_file_and_rows_that_were_taken_as_they_are_count_for_nothing(
    results: Path, made: Made
) -> None:
    """A file that is partial itself, an old record without a total, data.partial=true."""
    taken = read("rte", validation={"rows": 16, "total": 99, "partial": True})
    taken.config["data"]["partial"] = True
    write(
        results,
        read("qqp", train={"rows": 12259, "total": 12259, "partial": True}),
        read("qnli", train={"rows": 100, "partial": True}),
        taken,
    )
    grid = made("lorma_table_12")
    for label, column in (("QQP", 1), ("QNLI", 1), ("RTE", 2)):
        assert rows_of(grid, label)[0][column] == "–"
        row = next(row for row in grid.parts[0].rows if row.cells[0].text == label)
        assert row.cells[column + 1].notes == ("only part of the rows was there",)


def test_synthetic_rows_count_for_nothing(results: Path, made: Made) -> None:
    """They are no data set."""
    write(results, read("cola", source="synthetic", train={"rows": 8551}))
    assert rows_of(made("lorma_table_12"), "CoLA")[0] == ["ours", "–", "–", "–", "–"]


def test_records_that_differ_are_both_shown(results: Path, made: Made) -> None:
    """Without a difference, as it is not known which of them is meant."""
    write(results, read("cola", 0, train={"rows": 8551}), read("cola", 1, train={"rows": 8550}))
    grid = made("lorma_table_12")
    own, paper = rows_of(grid, "CoLA")
    assert own[1] == "8,550 / 8,551"
    assert paper[0] == "paper"
    facts = [fact for fact in grid.facts if (fact.task, fact.place) == ("cola", "train")]
    assert [fact.mean for fact in facts] == [8550, 8551]


def test_what_the_paper_rounds_is_shown_as_it_is(made: Made) -> None:
    """Without records every data set still has its printed row."""
    grid = made("lorma_table_12")
    assert rows_of(grid, "DART")[1] == ["paper", "–", "–", "–", "about 82K"]
    assert len({row[0] for row in texts(grid.parts[0])}) == 13
    assert all(fact.n == 0 for fact in grid.facts)
