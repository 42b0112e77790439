"""Tables whose columns are tasks, as GLUE's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.paths import config_folder
from bench.report import latex, markdown, tidy, words
from bench.report.figures.pictures import pictures
from bench.report.spec import TableSpec, load_spec
from bench.reproduce.cells import spec_named, table_cells
from bench.store.record import Record
from tests.report.report_records import make_record
from tests.report.test_tables import blocks, lines


@pytest.fixture
def glue() -> TableSpec:
    """LoRMA's Table 2 for RoBERTa base."""
    conf = config_folder()
    return load_spec(conf / "table" / "lorma_table_2_base.yaml", conf / "published")


def of_task(
    task: str, metric: str, *values: float, method: str = "lora", **changes: str
) -> list[Record]:
    """Runs of RoBERTa base on a task, one a seed, as the paper has them."""
    found = []
    for seed, value in enumerate(values):
        settings = {
            "eval": {"split": "validation"},
            "train": {"select": "best", "warmup_ratio": 0.06, "epochs": len(task)},
        }
        record = make_record(
            method, seed, model="roberta_base", settings=settings, again=task, **changes
        )
        record.cell["task"] = task
        record.metrics = {metric: value}
        record.params |= {"head": 10 * len(task), "trained": 100 + 10 * len(task)}
        record.identity["group"] = f"{task}{record.identity['group'][:30]}"
        found.append(record)
    return found


def test_tasks_share_a_line(glue: TableSpec, results: Path) -> None:
    """Each column has its own task's runs; what was not run is a hole in the line."""
    (block,) = blocks(
        glue,
        results,
        *of_task("cola", "matthews", 0.60, 0.62, 0.64),
        *of_task("rte", "accuracy", 0.7, 0.8),
    )
    (line,) = lines(block, "lora")
    by_task = dict(zip([*glue.tasks, "average"], line.values, strict=True))
    assert by_task["cola"].mean == pytest.approx(62.0)
    assert (by_task["rte"].mean, by_task["rte"].n) == (pytest.approx(75.0), 2)
    assert (by_task["mnli"].mean, by_task["mnli"].hole) == (None, "not run")
    assert line.label == (), "epochs differ by task alone, which tells no two lines apart"
    assert line.deviations == ()
    assert words.seeds(line) == "n=2 to 3"
    assert words.parameters(line) == "100 + 30 to 40 (head)"


def test_every_format_says_of_which_task(glue: TableSpec, results: Path) -> None:
    """Links, examples, rows of data; the published number stands under its own task."""
    held = blocks(
        glue, results, *of_task("cola", "matthews", 0.60), *of_task("rte", "accuracy", 0.7)
    )
    text = markdown.render(glue, held)
    assert "LoRA: cola seed 0 [" in text
    assert "Examples used: cola: 42,061 train, 4,672 validation, 4,693 test." in text
    assert r"\midrule" in latex.render(glue, held)
    rows = [row for row in tidy.render(glue, held).splitlines() if ",lora," in row]
    assert len(rows) == len(glue.columns)
    (cola,) = [row for row in rows if ",cola," in row]
    assert ",matthews,x100,60," in cola
    assert ",63.6," in cola
    (picture,) = pictures(glue, held)
    assert picture.title == "GLUE · RoBERTa base"
    assert len(picture.panels) == len(glue.columns), "each with the published numbers"


def test_a_failed_task_is_told_in_its_column(glue: TableSpec, results: Path) -> None:
    """And beside the number of seeds."""
    lost = of_task("rte", "accuracy", 0.7, status="failed", error="OSError")
    (block,) = blocks(glue, results, *of_task("cola", "matthews", 0.6), *lost)
    (line,) = lines(block, "lora")
    (rte,) = (value for value, task in zip(line.values, glue.tasks, strict=False) if task == "rte")
    assert rte.hole == "failed: OSError"
    assert words.seeds(line) == "n=1, rte seed 0 failed: OSError"
    assert "RTE, accuracy: failed: OSError" in markdown.render(glue, (block,))


def test_settings_that_differ_within_a_task_make_lines(glue: TableSpec, results: Path) -> None:
    """The other tasks stand in the line without a label."""
    other = of_task("cola", "matthews", 0.5)
    other[0].identity["inputs"]["settings"]["train"]["epochs"] = 99
    other[0].identity["group"] = "other"
    other[0].run_id = "0" * 16
    (block,) = blocks(
        glue, results, *of_task("cola", "matthews", 0.6), *other, *of_task("rte", "accuracy", 0.7)
    )
    found = {line.label: [v.n for v in line.values] for line in lines(block, "lora")}
    assert list(found) == [(), ("train.epochs=4",), ("train.epochs=99",)]


def test_cells_are_those_of_every_task() -> None:
    """Rows × tasks × seeds."""
    spec = replace(spec_named("lorma_table_2_large"), seeds=(0, 1))
    cells = list(table_cells(spec, ["preset=paper"]))
    assert len(cells) == len(spec.rows) * 8 * 2
    assert cells[2] == ("task=sst2", "method=ft", "model=roberta_large", "seed=0", "preset=paper")
