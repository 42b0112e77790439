"""Tables that are drawn as lines: over a setting, the steps, or the epochs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report import markdown
from bench.report.blocks import Block
from bench.report.figures.drawings import drawings
from bench.report.figures.lines import Panel
from bench.report.figures.plots import Plotted, plots
from bench.report.spec import TableSpec
from bench.reproduce.cells import spec_named
from bench.store.record import Record
from tests.report.report_records import make_record
from tests.report.test_curves import written
from tests.report.test_tables import blocks


def of_rank(rank: int, *bleu: float, method: str = "lora", **own: object) -> list[Record]:
    """Runs of SmolLM2 on E2E with a rank, one a seed."""
    settings = {"method": {"name": method, "rank": rank, "optimizer": {"lr": 2e-3}, **own}}
    return [
        make_record(method, seed, model="smollm2_135m", source="local", settings=settings,
                    metrics={"BLEU": value})
        for seed, value in enumerate(bleu)
    ]  # fmt: skip


def of_cola(method: str, seed: int, losses: str, scores: tuple[float, ...] = ()) -> Record:
    """A run on CoLA with a curve of its loss, and a score after each epoch."""
    settings = {"eval": {"split": "validation"}, "method": {"name": method, "rank": 8}}
    record = make_record(method, seed, model="roberta_base", settings=settings)
    record.cell["task"] = "cola"
    record.metrics = {"matthews": 0.5}
    record.curve = {"steps": 400, "area": 1.0, "loss": losses}
    record.history = [
        {"step": epoch, "epoch": float(epoch), "split": "validation", "loss": 1.0, "matthews": one}
        for epoch, one in enumerate(scores, 1)
    ]
    return record


def plotted(spec: TableSpec, *found: Block) -> list[Plotted]:
    """The figures of blocks."""
    assert spec.plot is not None
    return list(plots(spec, spec.plot, found))


def lines(panel: Panel) -> dict[str, list[tuple[float, float]]]:
    """Points of a panel by the label of their line."""
    return {
        line.label: [(x, round(y, 6)) for x, y in zip(line.x, line.y, strict=True)]
        for line in panel.lines
    }


@pytest.fixture
def ranks() -> TableSpec:
    """Four methods over eight ranks on E2E."""
    return spec_named("e2e_rank_smollm2")


def test_a_method_is_a_line_over_its_ranks(ranks: TableSpec, results: Path) -> None:
    """Means with error bars; 60 and 62 have a deviation of √2, a single seed none."""
    (block,) = blocks(
        ranks, results, *of_rank(2, 0.60, 0.62), *of_rank(8, 0.65), *of_rank(4, 0.64, 0.64),
        *of_rank(4, 0.5, method="loda"),
    )  # fmt: skip
    (figure,) = plotted(ranks, block)
    panel = figure.panels[0]
    assert lines(panel) == {"LoRA": [(2, 61), (4, 64), (8, 65)]}, "a single point is no line"
    (line,) = panel.lines
    assert [high - low for low, high in zip(line.low, line.high, strict=True)] == pytest.approx(
        [2 * 2**0.5, 0, 0]
    )
    assert (panel.logarithmic, panel.bars, panel.x, panel.y) == (True, True, "rank r", "BLEU, x100")
    assert len(figure.panels) == 5


def test_other_settings_of_a_method_are_lines_of_their_own(ranks: TableSpec, results: Path) -> None:
    """Never one line through runs with and without dropout; alpha goes with the rank."""
    held = [
        *of_rank(2, 0.60, alpha=4), *of_rank(4, 0.61, alpha=8),
        *of_rank(2, 0.70, alpha=4, dropout=0.1), *of_rank(4, 0.71, alpha=8, dropout=0.1),
    ]  # fmt: skip
    (block,) = blocks(ranks, results, *held)
    (figure,) = plotted(ranks, block)
    assert lines(figure.panels[0]) == {
        "LoRA · method.dropout=unset": [(2, 60), (4, 61)],
        "LoRA · method.dropout=0.1": [(2, 70), (4, 71)],
    }


def test_ranks_of_an_update_are_one_line(ranks: TableSpec, results: Path) -> None:
    """As identities hold them, below the update: neither they nor alpha part a method's runs."""
    held = [*of_rank(2, 0.60), *of_rank(4, 0.61)]
    for record, rank in zip(held, (2, 4), strict=True):
        update = {"rank": rank, "alpha": 2 * rank}
        record.identity["inputs"]["settings"]["method"] = {"name": "lora", "update": update}
    (figure,) = plotted(ranks, *blocks(ranks, results, *held))
    assert lines(figure.panels[0]) == {"LoRA": [(2, 60), (4, 61)]}


def test_a_point_far_off_does_not_flatten_the_others(results: Path) -> None:
    """A rate at which training breaks leaves the axis to the others, and is named at its end."""
    rates = spec_named("e2e_lr_smollm2")
    scores = {2e-4: 0.64, 5e-4: 0.65, 1e-3: 0.66, 2e-3: 0.67, 4e-3: 0.66}
    held = [
        make_record(method, model="smollm2_135m", source="local", metrics={"BLEU": bleu},
                    settings={"method": {"rank": 4, "optimizer": {"lr": rate}}})
        for method, last in (("lora", 0.66), ("dora", 0.01))
        for rate, bleu in {**scores, 4e-3: last}.items()
    ]  # fmt: skip
    (figure,) = plotted(rates, *blocks(rates, results, *held))
    low, high = figure.panels[0].limits or (0, 0)
    assert 60 < low < 64
    assert 67 < high < 70
    assert "↓ DoRA 1" in written(figure.files()["svg"])


def test_the_loss_goes_over_the_steps(results: Path) -> None:
    """Four stretches of 100 steps, each at its middle, the mean of two seeds."""
    spec = spec_named("lorma_figure_6")
    (block,) = blocks(
        spec, results, of_cola("lora", 0, "4 3 2 1"), of_cola("lora", 1, "4 3 2 3"),
        of_cola("lorma_pi", 0, "4 2 1 1"),
    )  # fmt: skip
    (figure,) = plotted(spec, block)
    (panel,) = figure.panels
    assert lines(panel) == {
        "LoRA": [(50, 4), (150, 3), (250, 2), (350, 2)],
        "LoRMA_π": [(50, 4), (150, 2), (250, 1), (350, 1)],
    }
    assert (panel.y, panel.logarithmic) == ("training loss", False)


def test_how_much_sooner_the_lowest_loss_is_reached(results: Path) -> None:
    """LoRA's lowest mean is 2, first at step 250; LoRMA_π is there at 150: 1.7 times sooner."""
    spec = spec_named("lorma_figure_6")
    (block,) = blocks(
        spec, results, of_cola("lora", 0, "4 3 2 2"), of_cola("lorma_pi", 0, "4 2 1 1"),
        of_cola("lorma_plus", 0, "4 4 4 3"),
    )  # fmt: skip
    below = markdown.render(spec, (block,)).partition("### Reaching LoRA's lowest loss")[2]
    rows = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]]
            for line in below.splitlines() if line.startswith("| Lo")}  # fmt: skip
    assert rows == {
        "LoRA": ["2.0000", "250", "250", "1.0"],
        "LoRMA_+": ["3.0000", "350", "–", "–"],
        "LoRMA_π": ["1.0000", "250", "150", "1.7"],
    }


def test_scores_go_over_the_epochs(results: Path) -> None:
    """As validation passes measured them; a pass without the metric is left out."""
    spec = spec_named("lorma_figure_8")
    odd = of_cola("lora", 1, "1", (0.3, 0.4))
    odd.history.append({"epoch": "three", "split": "validation", "matthews": 0.9})
    odd.history.append({"epoch": 3.0, "split": "validation", "loss": 0.9})
    (block,) = blocks(spec, results, of_cola("lora", 0, "1", (0.1, 0.2)), odd)
    (figure,) = plotted(spec, block)
    (panel,) = figure.panels
    assert lines(panel) == {"LoRA": [(1, 20), (2, 30)]}
    assert panel.title == "CoLA, Matthews"


def test_the_files_are_the_same_every_time(ranks: TableSpec, results: Path) -> None:
    """And say what is on the axes; the page shows the figure, and no figure without two points."""
    (block,) = blocks(ranks, results, *of_rank(2, 0.60, 0.62), *of_rank(4, 0.64, 0.61))
    (one,), (other,) = list(drawings(ranks, (block,))), list(drawings(ranks, (block,)))
    files = one.files()
    assert files == other.files()
    text = files["svg"].decode()
    for said in ("SmolLM2-135M", "standard deviation over seeds"):
        assert said in text
    assert f"](../figures/{one.name}.svg)" in markdown.render(ranks, (block,))


def test_nothing_is_drawn_through_one_point(ranks: TableSpec, results: Path) -> None:
    """A table alone is left."""
    (block,) = blocks(ranks, results, *of_rank(2, 0.60, 0.62))
    assert list(drawings(ranks, (block,))) == []
