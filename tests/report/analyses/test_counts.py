"""LoRMA's Tables 1 and 11 from complexity analyses and measurements of speed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.analysis.complexity import rows_of
from bench.report.analyses.counted import key
from bench.report.analyses.counts import TERMS
from bench.report.analyses.formula import value
from bench.report.analyses.grid import Grid
from bench.speed.files import path_of, save
from bench.speed.results import MethodSpeed, WaySpeed
from tests.report.analyses.analysis_files import complexity_row, of_model
from tests.report.analyses.conftest import texts
from tests.speed.conftest import example

Made = Callable[[str], Grid]


def counted(results: Path) -> None:
    """LoRA's printed 231 operations as 462, LoRMA₊'s 238 as 119, both forms of LoRMA_π."""
    rows = [
        complexity_row("lora", 462),
        complexity_row("lorma_plus", 119),
        complexity_row("lorma_pi", 120, "matrix"),
        complexity_row("lorma_pi", 60, "fft"),
    ]
    of_model(results, "complexity", "roberta_large", "query", rows, part="query")


def timed(results: Path, **steps: float) -> None:
    """Milliseconds of an eager step by the method."""
    methods = tuple(
        MethodSpeed(
            method=method, trained=1, refused=None, tokens=1,
            ways=(WaySpeed(way="eager", step_ms=milliseconds),),
        )
        for method, milliseconds in steps.items()
    )  # fmt: skip
    speed = example(methods=methods)
    save(path_of(results, speed, None), speed)


@pytest.mark.parametrize("shape", [(16, 10, 2, 6), (8, 24, 3, 5)])
def test_the_sums_that_are_shown_are_what_is_counted(shape: tuple[int, int, int, int]) -> None:
    """At two shapes with d above and below k."""
    letters = dict(zip("dkrb", shape, strict=True))
    found = {key(row): row.operations for row in rows_of(*shape)}
    assert {name: value(count, letters) for name, count in TERMS.items()} == {
        name: found[name] for name in TERMS
    }
    assert found.keys() - TERMS.keys() == {"lorma_pi fft"}


def test_counts_beside_the_printed_ones_at_the_shape(results: Path, made: Made) -> None:
    """d = 2, k = 3, r = 5, b = 7: printed 231, 182, 120 and 238 operations."""
    counted(results)
    grid = made("lorma_table_11")
    (part,) = grid.parts
    assert part.heading == "RoBERTa large · query · d = 2, k = 3, r = 5, b = 7"
    ours = {row[0]: row[5] for row in texts(part) if row[1] == "ours"}
    assert ours == {
        "LoRA": "2.000",
        "LoRMA_+": "0.500",
        "LoRMA_π · T as a matrix": "1.000",
        "LoRMA_π · Fourier transforms": "0.500",
    }
    assert part.remarks == (
        "Fewer operations than printed: LoRMA_π · Fourier transforms, LoRMA_+.",
    )
    facts = {(fact.method, fact.settings): fact for fact in grid.facts}
    assert facts["lorma_plus", ""].published == 238
    assert facts["lorma_plus", ""].difference == -119
    matrix, transforms = (row.cells[0] for row in part.rows if "LoRMA_π ·" in row.cells[0].text)
    assert matrix.notes[-1] == "not taken at this shape"
    assert transforms.notes[-1] == "taken on a CPU at this shape"


def test_ratios_to_lora_in_the_first_table(results: Path, made: Made) -> None:
    """Ours by our counts, the paper's by its own."""
    counted(results)
    rows = texts(made("lorma_table_1").parts[0])
    assert [(row[0], row[-1]) for row in rows if row[1] == "paper"] == [
        ("LoRA", "1.000"),
        ("LoRMA without inflation", f"{182 / 231:.3f}"),
        ("LoRMA_π", f"{120 / 231:.3f}"),
        ("LoRMA_+", f"{238 / 231:.3f}"),
    ]
    assert [row[-1] for row in rows if row[1] == "ours"] == ["1.000", "0.260", "0.130", "0.258"]


def test_measured_steps_are_relative_to_lora(results: Path, made: Made) -> None:
    """10 ms to 8 ms; a method that was not measured is a hole."""
    timed(results, lora=8.0, lorma_plus=10.0, lorma_pi=16.0)
    for name in ("lorma_table_1", "lorma_table_11"):
        part = made(name).parts[-1]
        assert part.heading == "Measured training steps"
        assert texts(part) == [
            ["Tiny GPT-2 (random)", "Device 1, fp32, batch 8", "eager", "8.0", "–", "2.00", "1.25"]
        ]
        (link,) = part.rows[0].links
        assert (results / link).is_file()
    facts = {fact.method: fact.mean for fact in made("lorma_table_1").facts}
    assert facts == {"lorma_pi": 2.0, "lorma_plus": 1.25}


def test_measurements_without_lora_are_left_out(results: Path, made: Made) -> None:
    """Nothing can be told from them here."""
    timed(results, lorma_plus=10.0, loda=3.0)
    assert [part.heading for part in made("lorma_table_1").parts] == ["As printed"]


def test_without_analyses_the_printed_counts_stand_alone(made: Made) -> None:
    """With the command that would fill the tables."""
    for name in ("lorma_table_1", "lorma_table_11"):
        (part,) = made(name).parts
        assert "python -m bench.analysis complexity MODEL" in part.remarks[0]
        assert {row[1] for row in texts(part)} == {"paper"}
