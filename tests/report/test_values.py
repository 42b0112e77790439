"""Columns that are more than a metric: averages, values beside another method's, settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import ConfigError
from bench.paths import config_folder
from bench.report import markdown
from bench.report.spec import TableSpec, check_where, load_spec
from bench.store.record import Record
from tests.report.report_records import make_record
from tests.report.test_tables import blocks, lines


def shipped(name: str) -> TableSpec:
    """A spec of the project."""
    conf = config_folder()
    return load_spec(conf / "table" / f"{name}.yaml", conf / "published")


def of_area(
    method: str, seed: int, area: float, lr: float = 4e-4, decay: float = 0.1, **own: object
) -> Record:
    """A run on CoLA with an area under its loss."""
    optimizer = {"name": method, "optimizer": {"lr": lr, "weight_decay": decay}, **own}
    record = make_record(method, seed, settings={"method": optimizer}, metrics={"matthews": 0.5})
    record.cell["task"] = "cola"
    record.curve = {"steps": 2, "area": area, "loss": "1 1"}
    return record


def test_an_area_is_told_beside_the_run_of_the_same_seed(results: Path) -> None:
    """100 (1 - 60/80) = 25 and 100 (1 - 45/90) = 50; another learning rate is no measure."""
    spec = shipped("lorma_table_5")
    (_, block) = blocks(
        spec, results,
        of_area("lora", 0, 80), of_area("lora", 1, 90), of_area("lora", 0, 10, lr=1.0),
        of_area("lorma_pi", 0, 60), of_area("lorma_pi", 1, 45), of_area("lorma_pi", 2, 1),
    )  # fmt: skip
    (line,) = lines(block, "lorma_pi")
    value = line.values[1]
    assert (value.mean, value.n) == (pytest.approx(37.5), 2)
    assert value.note is not None
    assert value.note.endswith("no run of lora with this seed, optimizer and training; "
                               "absent for seed 2")  # fmt: skip
    assert "37.50 ± 17.68" in markdown.render(spec, (block,))


def test_an_area_may_have_another_weight_decay(results: Path) -> None:
    """LoRMA's Table 14 has 0.2 for LoRMA_+ on CoLA, and 0.1 for LoRA: 100 (1 - 60/80) = 25."""
    spec = shipped("lorma_table_5")
    held = [of_area("lora", 0, 80), of_area("lorma_plus", 0, 60, decay=0.2)]
    (line,) = lines(blocks(spec, results, *held)[1], "lorma_plus")
    assert line.values[1].mean == pytest.approx(25)


def test_several_settings_of_the_measure_are_not_chosen_from(results: Path) -> None:
    """Two ranks of LoRA fit as well as each other; an old record without a curve fits none."""
    spec = shipped("lorma_table_5")
    old = of_area("lorma_plus", 0, 60)
    old.curve = {}
    (_, block) = blocks(
        spec, results, old, of_area("lora", 0, 80, rank=4), of_area("lora", 0, 70, rank=8),
        of_area("lorma_pi", 0, 60),
    )  # fmt: skip
    notes = [lines(block, method)[0].values[1].note for method in ("lorma_pi", "lorma_plus")]
    assert [str(note).partition(": ")[2] for note in notes] == [
        "several settings of lora with this seed, optimizer and training",
        "the record is older than this measure",
    ]


def test_an_average_is_over_seeds_that_have_every_column(results: Path) -> None:
    """Seed 0: (50 + 70)/2 = 60; seed 1 lacks RTE and does not count."""
    spec = shipped("lorma_table_2_base")
    spec = replace(
        spec, columns=tuple(one for one in spec.columns if one.task in {"cola", "rte", "all"})
    )
    held = []
    for task, metric, values in (("cola", "matthews", (0.5, 0.9)), ("rte", "accuracy", (0.7,))):
        for seed, value in enumerate(values):
            record = make_record(
                "lora", seed, model="roberta_base", metrics={metric: value}, again=task
            )
            record.cell["task"] = task
            held.append(record)
    (block,) = blocks(spec, results, *held)
    (line,) = lines(block, "lora")
    assert [value.mean for value in line.values] == pytest.approx([70.0, 70.0, 60.0])
    assert (line.values[2].n, line.values[2].leads) == (1, False)
    assert " 60.0 |" in markdown.render(spec, (block,))


def test_columns_take_runs_with_their_settings_only(results: Path) -> None:
    """LoRMA's Table 13 decodes E2E with beam 15; runs with beam 10 are Table 3's."""
    spec = shipped("lorma_table_13")
    wide = make_record(seed=0, settings={"decode": {"beams": 15}}, metrics={"BLEU": 0.675})
    block, *others = blocks(spec, results, wide, make_record(seed=1, metrics={"BLEU": 0.1}))
    (line,) = lines(block, "lora")
    assert (line.values[0].mean, line.values[0].n) == (pytest.approx(67.5), 1)
    assert others == []


def test_columns_of_a_task_ask_for_the_same() -> None:
    """Its runs make one line, so that they cannot be of two beams."""
    columns = shipped("lorma_table_13").columns
    odd = replace(columns[1], where={})
    with pytest.raises(ConfigError, match=r"NIST has where=\{\}, BLEU of the same task"):
        check_where([columns[0], odd], "x.columns")
