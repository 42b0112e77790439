"""LoRMA's Figure 7 from ranks analyses with snapshots."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from bench.report.analyses.grid import Grid
from tests.report.analyses.analysis_files import of_runs, rank_row, trained
from tests.report.analyses.conftest import texts
from tests.report.report_records import write

Made = Callable[[str], Grid]


def analysed(results: Path, method: str, seed: int, ranks: dict[int, int], matrix: str) -> None:
    """Ranks by the step, of two maps of which the second has two less."""
    record = trained(method, seed)
    write(results, record)
    rows = [
        rank_row(rank - gap, block=block, step=step, matrix=matrix)
        for step, rank in ranks.items()
        for block, gap in enumerate((0, 2))
    ]
    of_runs(results, "ranks", [record], [*rows, rank_row(1, matrix=matrix)])


def test_mean_and_lowest_over_maps_and_seeds(results: Path, made: Made) -> None:
    """Steps 10 and 20 of two seeds; the evaluated adapter is no snapshot."""
    analysed(results, "lorma_pi", 0, {10: 1024, 20: 1020}, "multiplier")
    analysed(results, "lorma_pi", 1, {10: 1024, 20: 1010}, "multiplier")
    analysed(results, "lora", 0, {10: 8, 20: 8}, "update")
    grid = made("lorma_figure_7")
    pi, lora, *papers = texts(grid.parts[0])
    assert pi == [
        "LoRMA_π", "ours", "I(BA)", "1,024", "10 to 20 (2)", "1,008", "1,023.0", "1,014.0", "n=2",
    ]  # fmt: skip
    assert lora[2:] == ["ΔW", "1,024", "10 to 20 (2)", "6", "7.0", "7.0", "n=1"]
    assert [row[5] for row in papers] == ["almost 1,024"] * 2
    last = next(fact for fact in grid.facts if fact.place == "step 20")
    assert (last.mean, last.n) == (1014, 4)


def test_the_figure_names_its_axes_and_methods(results: Path, made: Made) -> None:
    """As text in the SVG, which is well-formed."""
    analysed(results, "lorma_plus", 0, {10: 1024, 20: 1024}, "multiplier")
    figure = made("lorma_figure_7").parts[0].figure
    assert figure is not None
    assert figure.name == "lorma_figure_7-roberta_large-cola-paper-real"
    root = ElementTree.fromstring(figure.files()["svg"])  # noqa: S314
    shown = " ".join(" ".join(root.itertext()).split())
    for text in ("Rank of I(BA), full rank 1,024", "optimizer steps", "lowest to highest"):
        assert text in shown
    assert shown.endswith("L o R M A +")  # TeX's letters stand alone
    assert "Rank of ΔW" not in shown
    assert figure.files()["png"].startswith(b"\x89PNG")


def test_more_lines_than_colours_are_left_to_the_table(results: Path, made: Made) -> None:
    """Eight methods are eight rows and no figure."""
    methods = [f"method_{number}" for number in range(8)]
    for method in methods:
        analysed(results, method, 0, {10: 8}, "update")
    part = made("lorma_figure_7").parts[0]
    assert [row[0] for row in texts(part) if row[1] == "ours"] == methods
    assert part.figure is None


def test_without_snapshots_it_says_how_to_have_them(results: Path, made: Made) -> None:
    """An analysis of the evaluated adapter alone makes no course."""
    record = trained("lora")
    write(results, record)
    of_runs(results, "ranks", [record], [rank_row(8)])
    (part,) = made("lorma_figure_7").parts
    assert "snapshots=true" in part.remarks[0]
    assert {row[1] for row in texts(part)} == {"paper"}
    assert part.figure is None
