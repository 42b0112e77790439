"""LoDA's Figure 2 from energy analyses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.report.analyses.grid import Grid, Part
from tests.report.analyses.analysis_files import energy_rows, of_model
from tests.report.analyses.conftest import texts

Made = Callable[[str], Grid]


def analysed(results: Path, model: str, block: int = 0, full: int = 512) -> None:
    """Energies equal to the fraction that is kept."""
    shape = [full, 3 * full]
    of_model(
        results, "energy", model, f"block-{block}", energy_rows(full), block=block, shape=shape
    )


def drawn(part: Part) -> str:
    """What is written in the figure."""
    assert part.figure is not None
    root = ElementTree.fromstring(part.figure.files()["svg"])  # noqa: S314
    return " ".join(" ".join(root.itertext()).split())


def test_energies_at_the_papers_points(results: Path, made: Made) -> None:
    """300 of 512 singular values and 40 % of the entries; another model is not comparable."""
    analysed(results, "smollm2_135m")
    grid = made("loda_figure_2")
    (part,) = grid.parts
    rows = texts(part)
    assert [row[-1] for row in rows] == ["58.59 %", "40.00 %", "> 93 %", "> 96 %"]
    assert rows[0][2:4] == ["512 × 1,536", "300 of 512 largest singular values"]
    assert "another model" in part.remarks[0]
    assert "paper" not in drawn(part)
    for text in ("energy kept, %", "largest entries kept, %", "block 0"):
        assert text in drawn(part)
    assert len(grid.facts) == 512 + 100


def test_a_weight_with_fewer_singular_values_keeps_all(results: Path, made: Made) -> None:
    """48 of 48 are all of the energy."""
    analysed(results, "tiny_llama", full=48)
    assert texts(made("loda_figure_2").parts[0])[0][3:] == [
        "48 of 48 largest singular values",
        "100.00 %",
    ]


def test_the_papers_own_weights_are_held_against_its_statements(results: Path, made: Made) -> None:
    """Both are marked in the figure; here neither holds. Another block is not the paper's."""
    analysed(results, "gpt2_medium", 0)
    analysed(results, "gpt2_medium", 1)
    grid = made("loda_figure_2")
    (part,) = grid.parts
    notes = [row.cells[-1].notes for row in part.rows[:4]]
    assert notes == [
        ("not as the paper says: above 93 %",), ("not as the paper says: above 96 %",), (), (),
    ]  # fmt: skip
    assert "paper: > 93 %" in drawn(part)
    assert "paper: > 96 %" in drawn(part)
    assert part.remarks == ()
    told = [(fact.settings, fact.verdict) for fact in grid.facts if fact.verdict]
    assert told == [("kept 300", "outside"), ("kept 0.4", "outside")]


@pytest.mark.parametrize(("blocks", "figure"), [(7, True), (8, False)])
def test_more_blocks_than_colours_are_left_to_the_table(
    results: Path, made: Made, blocks: int, figure: bool
) -> None:
    """As with methods."""
    for block in range(blocks):
        analysed(results, "gpt2", block)
    (part,) = made("loda_figure_2").parts
    assert (part.figure is not None) == figure
    assert sum(row[1] == "ours" for row in texts(part)) == 2 * blocks


def test_without_analyses_the_statements_stand_alone(made: Made) -> None:
    """With the command that would fill the figure."""
    (part,) = made("loda_figure_2").parts
    assert "python -m bench.analysis energy gpt2_medium" in part.remarks[0]
    assert len(part.rows) == 2
