"""Which runs a row shows where there are some with other settings."""

from __future__ import annotations

from pathlib import Path

from bench.report import markdown
from bench.report.spec import TableSpec
from bench.reproduce.cells import spec_named
from tests.report.report_records import make_record
from tests.report.test_tables import blocks


def of(bleu: float, lr: float = 2e-3, versions: dict[str, int] | None = None, **options: object):
    """A run of LoRA on SmolLM2 with options of the method."""
    return make_record(
        "lora", model="smollm2_135m", source="local", metrics={"BLEU": bleu}, versions=versions,
        settings={"method": {"optimizer": {"lr": lr}, **options}},
    )  # fmt: skip


def means(spec: TableSpec, results: Path, *records: object):
    """BLEU of LoRA's lines on SmolLM2, in the order of the rows."""
    block = blocks(spec, results, *records)[-1]
    return [line.values[0].mean for line in block.lines if line.values]


def test_runs_at_the_stated_settings_stand_for_a_row(spec: TableSpec, results: Path) -> None:
    """LoRMA's Table 3 states rank 4 and a learning rate for LoRA."""
    records = [of(0.6, rank=4, lr=2e-4), of(0.7, rank=4), of(0.8, rank=64)]
    assert means(spec, results, *records) == [60.0]


def test_without_these_the_next_do(spec: TableSpec, results: Path) -> None:
    """Those that leave the stated settings in one key, not in two; a row is never emptied."""
    assert means(spec, results, of(0.8, rank=64)) == [80.0]
    assert means(spec, results, of(0.7, rank=4)) == [70.0]


def test_of_numbers_the_nearest_stand(spec: TableSpec, results: Path) -> None:
    """As ratios: 4e-4 is twice the stated 2e-4, and 1e-3 five times."""
    assert means(spec, results, of(0.7, rank=4, lr=1e-3), of(0.8, rank=4, lr=4e-4)) == [80.0]


def test_runs_that_are_as_near_are_all_shown(spec: TableSpec, results: Path) -> None:
    """As lines of their own, with what tells them apart."""
    records = [of(0.7, rank=4, dropout=0.1), of(0.8, rank=4, dropout=0.2)]
    assert means(spec, results, *records) == [70.0, 80.0]


def test_rows_over_ranks_differ_in_nothing_else(results: Path) -> None:
    """Of rank 4 with two learning rates the one is shown that the other ranks have."""
    ranks = spec_named("loda_table_3")
    records = [of(0.6, rank=4, lr=4e-3), of(0.7, rank=4), of(0.8, rank=8), of(0.9, rank=16)]
    assert means(ranks, results, *records) == [70.0, 80.0, 90.0]


def test_a_new_version_is_not_hidden_by_many_of_an_old_one(results: Path) -> None:
    """Of a component that was changed: both stand in the row, told apart by it."""
    ranks = spec_named("loda_table_3")
    old = [of(0.7, rank=4), of(0.8, rank=8), of(0.8, rank=16)]
    new = of(0.9, rank=4, versions={"trainer": 2})
    assert means(ranks, results, *old, new) == [70.0, 90.0, 80.0, 80.0]


def test_what_is_left_out_is_told(spec: TableSpec, results: Path) -> None:
    """How many runs of which method, and the settings that tell them from those shown."""
    records = [of(0.6, rank=4, lr=2e-4), of(0.7, rank=4), of(0.8, rank=64)]
    text = markdown.render(spec, blocks(spec, results, *records))
    left = "Runs with other settings than these rows' are left out: lora 2 "
    assert left + "(method.optimizer.lr, method.rank)." in text.replace("\\", "")


def test_a_run_that_another_row_shows_is_not_left_out(results: Path) -> None:
    """Ranks have rows of their own."""
    ranks = spec_named("loda_table_3")
    text = markdown.render(ranks, blocks(ranks, results, of(0.7, rank=4), of(0.8, rank=8)))
    assert "left out" not in text
