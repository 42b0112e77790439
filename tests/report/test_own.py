"""Tables of our own: nothing published beside them, settings of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report import latex, markdown, tidy
from bench.report.figures.pictures import pictures
from bench.report.spec import TableSpec
from bench.reproduce.cells import spec_named, table_cells
from tests.cells import compose_settings
from tests.report.report_records import make_record
from tests.report.test_tables import blocks, lines
from tests.specs import SPECS

OWN = [spec.name for spec in SPECS if spec.overrides]


@pytest.fixture
def grid() -> TableSpec:
    """Learning rates of five methods on E2E."""
    return spec_named("e2e_lr_smollm2")


def of_rate(lr: float, *bleu: float, method: str = "lora", loss: float = 1.0, status: str = ""):
    """Runs with a learning rate, one a seed, whose last validation loss is `loss`."""
    found = []
    for seed, value in enumerate(bleu):
        record = make_record(
            method, seed, model="smollm2_135m", source="local", metrics={"BLEU": value},
            settings={"method": {"optimizer": {"lr": lr}}}, status=status or "finished",
        )  # fmt: skip
        record.history = [
            {"step": 1, "epoch": 0.5, "split": "validation", "loss": 9.0},
            {"step": 2, "epoch": 1.0, "split": "validation", "loss": loss + seed / 100},
        ]
        found.append(record)
    return found


@pytest.mark.parametrize("table", OWN)
def test_every_cell_composes_to_its_row(table: str) -> None:
    """With the settings of its experiment, and those by which the report finds the row again."""
    found = spec_named(table)
    cells = list(table_cells(found, ["data=synthetic", "seed=0"]))
    assert len(cells) == len(found.rows) * len(found.tasks)
    for row, cell in zip(found.rows, cells[:: len(found.tasks)], strict=True):
        settings = compose_settings(*cell)
        assert settings["method"]["name"] == row.method
        assert settings["model"]["name"] == found.model.name
        assert settings["preset"] == "paper"
        for key, wanted in {**found.setting, **found.where(found.tasks[0], row)}.items():
            value = settings
            for part in key.split("."):
                value = value[part]
            assert value == wanted, key


def test_the_quick_preset_leaves_the_experiment_out(grid: TableSpec) -> None:
    """Its shape stays: every row with each seed."""
    cells = list(table_cells(grid, ["preset=quick"]))
    assert len(cells) == len(grid.rows) * len(grid.quick.seeds)
    assert not any(one.startswith("experiment") for cell in cells for one in cell)


def test_a_row_has_the_runs_with_its_setting_only(grid: TableSpec, results: Path) -> None:
    """And the table those of its model; every format does without published numbers."""
    other = make_record(settings={"method": {"optimizer": {"lr": 2e-4}}})
    (block,) = blocks(grid, results, *of_rate(2e-4, 0.60, 0.62), *of_rate(7e-4, 0.9), other)
    shown = [line.values[0].mean for line in lines(block, "lora") if line.values]
    assert shown == [pytest.approx(61.0)]
    text = markdown.render(grid, (block,))
    assert "paper |" not in text
    assert "What is not run: python -m bench.reproduce e2e_lr_smollm2" in text
    assert "| LoRA, lr = 2.0e-4    | ours     |" in text
    assert r"\toprule" in latex.render(grid, (block,))
    assert len(tidy.render(grid, (block,)).splitlines()) == 1 + len(grid.rows) * len(grid.columns)
    assert len(pictures(grid, (block,))) == 1


def test_a_tuned_method_stands_beside_its_papers_setting(grid: TableSpec, results: Path) -> None:
    """The validation loss chooses, not the score; a rate at which a seed diverged is left out."""
    held = [
        *of_rate(2e-4, 0.60, 0.62, loss=1.5), *of_rate(2e-3, 0.66, 0.68, loss=1.2),
        *of_rate(1e-3, 0.70, 0.72, loss=1.3), *of_rate(4e-3, 0.80, loss=0.5),
        *of_rate(2e-4, 0.50, 0.52, method="dora", loss=1.0),
        *of_rate(2e-3, 0.40, 0.42, method="dora", loss=2.0),
        *of_rate(2e-3, 0.40, 0.42, method="loda"),
    ]  # fmt: skip
    lost = of_rate(4e-3, 0.8, 0.8, status="diverged")[1]
    (block,) = blocks(grid, results, *held, lost)
    below = markdown.render(grid, (block,)).partition("### Tuned")[2]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in below.splitlines()
            if line.startswith("| ")]  # fmt: skip
    assert rows[1:] == [
        ["LoRA", "0.0002", "61.0 ± 1.4 (n=2)", "0.002", "67.0 ± 1.4 (n=2)", "+6.0"],
        ["DoRA", "0.0002", "51.0 ± 1.4 (n=2)", "0.0002", "51.0 ± 1.4 (n=2)", "the same"],
    ]
    assert "Of 2 to 4 values" in below
    assert "tuned, and as the papers have it" in latex.render(grid, (block,))


def test_the_gain_has_an_interval_where_items_are_known(grid: TableSpec, results: Path) -> None:
    """Over seeds alone where resamples agree: Welch's for 60 62 and 66 68 is 6 ± 6.1 or so."""
    held = [*of_rate(2e-4, 0.60, 0.62, loss=2.0), *of_rate(2e-3, 0.66, 0.68, loss=1.0)]
    for record in held:
        record.identity["inputs"]["data"]["test"] = "items"
        record.resampled = {"BLEU": " ".join(["0.6"] * 20)}
    (block,) = blocks(grid, results, *held)
    assert "+6.0 (-0.1 to +12.1)" in markdown.render(grid, (block,))


def test_a_score_may_choose(results: Path) -> None:
    """Where the validation split is what is reported; the remark says that it flatters."""
    cola = spec_named("cola_lr_minilm")
    held = []
    for lr, score in ((4e-4, 0.3), (2e-3, 0.4), (1e-3, 0.2)):
        record = make_record(
            model="minilm_l6", source="local", metrics={"matthews": score},
            settings={"method": {"optimizer": {"lr": lr}}, "train": {"epochs": 8}},
        )  # fmt: skip
        record.cell["task"] = "cola"
        held.append(record)
    (block,) = blocks(cola, results, *held)
    below = markdown.render(cola, (block,)).partition("### Tuned")[2]
    assert "a little too good" in below
    assert "40.0 (n=1)" in below
