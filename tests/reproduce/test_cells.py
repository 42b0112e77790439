"""Which cells a table has."""

from __future__ import annotations

import pytest

from bench.errors import ConfigError
from bench.nested import flatten
from bench.report.settings import deviations
from bench.report.spec import TableSpec
from bench.reproduce.cells import as_override, spec_named, table_cells
from tests.cells import compose_settings
from tests.specs import BY_NAME


@pytest.fixture
def spec() -> TableSpec:
    """LoDA's Table 1, whose rows have settings of their own."""
    return spec_named("loda_table_1")


def test_every_row_with_each_seed(spec: TableSpec) -> None:
    """In the quick preset the model is left to the preset, and the cells are small."""
    cells = list(table_cells(spec, ["train.limit=4"]))
    small = spec.quick.overrides
    assert "train.steps=4" in small
    assert len(cells) == len(spec.rows) * len(spec.quick.seeds)
    assert cells[0] == ("task=e2e", "method=ft", *small, "seed=0", "train.limit=4")
    sized = ("task=e2e", "method=adapter_l", *small, "++method.bottleneck=6", "seed=1")
    assert (*sized, "train.limit=4") in cells
    assert len(set(cells)) == len(cells)


def test_the_papers_preset_has_the_papers_model(spec: TableSpec) -> None:
    """A model that is given decides, since it comes later; a seed replaces the table's."""
    (first, *_) = table_cells(spec, ["preset=paper", "seed=7", "model=gpt2"])
    assert first == (
        "task=e2e",
        "method=ft",
        "model=gpt2_medium",
        "preset=paper",
        "seed=7",
        "model=gpt2",
    )
    assert len(list(table_cells(spec, ["preset=paper"]))) == len(spec.rows) * 3


def test_an_experiments_cells_are_its_own() -> None:
    """They are not shrunk to the quick preset's ten steps, nor is the model the paper's."""
    spec = spec_named("lorma_table_8")
    cells = list(table_cells(spec, ["experiment=glue_minilm"]))
    assert len(cells) == len(spec.rows) * len(spec.tasks) * 3
    settings = compose_settings(*cells[0], "data.root=DIR")
    assert settings["preset"] == "paper"
    assert settings["model"]["name"] == "minilm_l6"
    assert settings["train"]["steps"] is None
    assert settings["method"]["parts"] == ["query"]


EVERY = [(name, "paper") for name, spec in BY_NAME.items() if not spec.overrides]
"""The papers'; tables of our own are composed in tests/report/test_own.py."""
QUICK = [(name, "quick") for name in ("loda_table_2", "lorma_table_13", "lorma_table_5")]
"""One of each kind: settings of rows, settings of columns, and a method beside the rows."""


@pytest.mark.parametrize(("table", "preset"), EVERY + QUICK)
def test_every_cell_composes_to_its_row(table: str, preset: str) -> None:
    """With the settings by which the report finds the row again, and those that the paper states.

    Every row on the first task, and the first row on every task.
    """
    found = BY_NAME[table]
    cells = list(table_cells(found, [f"preset={preset}", "data=synthetic", "seed=0"]))
    places = [(row, task) for row in found.rows for task in found.tasks]
    assert len(cells) == len(places) + len(found.references) * len(found.tasks)
    del cells[len(places) :]
    for (row, task), cell in zip(places, cells, strict=True):
        if row is not found.rows[0] and task != found.tasks[0]:
            continue
        settings = compose_settings(*cell)
        assert settings["method"]["name"] == row.method
        assert settings["task"]["name"] == task
        values, asked = dict(flatten(settings)), found.where(task, row)
        assert {key: values.get(key) for key in asked} == asked
        if preset == "paper":
            assert deviations(values, found.stated(task, row)) == ()


def test_methods_that_values_are_measured_by_are_run_too() -> None:
    """LoRMA's Table 5 needs LoRA's loss curve on both tasks, and has no row of LoRA."""
    cells = list(table_cells(spec_named("lorma_table_5"), ["preset=paper", "seed=0"]))
    assert [cell[:2] for cell in cells[-2:]] == [
        ("task=sst2", "method=lora"), ("task=cola", "method=lora"),
    ]  # fmt: skip


def test_what_there_is_not_is_told(spec: TableSpec) -> None:
    """A table with the nearest name, a preset with the two there are."""
    with pytest.raises(ConfigError, match="did you mean lorma_table_3"):
        spec_named("lorma_table_33")
    with pytest.raises(
        ConfigError, match=r"^preset=fast: a table has the presets quick and paper$"
    ):
        list(table_cells(spec, ["preset=fast"]))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.4, "0.4"), (300, "300"), (True, "true"), (None, "null"), ("a b", '"a b"'),
     (["query", "value"], '["query","value"]')],
)  # fmt: skip
def test_values_are_written_as_hydra_reads_them(value: object, text: str) -> None:
    """Read back by Hydra's own parser."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    assert as_override(value) == text
    (override,) = OverridesParser.create().parse_overrides([f"++key={text}"])
    assert override.value() == value
