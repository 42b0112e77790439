"""Figures: which numbers are drawn where, and files that are whole and always the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.paths import config_folder
from bench.report.figures.draw import render
from bench.report.figures.pictures import Picture, pictures
from bench.report.figures.scale import limits, on_scale
from bench.report.runs import read_runs
from bench.report.spec import load_specs
from bench.report.tables import blocks_of
from tests.report.report_records import make_record, write


def pictures_of(results: Path) -> tuple[Picture, ...]:
    """What the first table draws."""
    (spec,) = (spec for spec in load_specs(config_folder()) if spec.name == "lorma_table_3")
    return pictures(spec, blocks_of(spec, read_runs(results)[0]))


def three_seeds(**options: object) -> list[object]:
    """LoRA with BLEU 0.66, 0.67, 0.71: mean 0.68, sample standard deviation 0.0264575."""
    scores = (0.66, 0.67, 0.71)
    return [
        make_record("lora", seed, metrics={"BLEU": score}, **options)  # type: ignore[arg-type]
        for seed, score in enumerate(scores)
    ]


def test_mean_and_error_bar_in_the_tables_unit(results: Path) -> None:
    """Statistics by hand, scaled as in the table (BLEU x 100)."""
    write(results, *three_seeds())
    (picture,) = pictures_of(results)
    panel = picture.panels[0]
    assert panel.column.metric == "BLEU"
    (ours,) = (point for point in panel.points if not point.published)
    assert picture.rows[ours.row].label == "LoRA"
    assert ours.mean == pytest.approx(68.0)
    assert ours.std == pytest.approx(2.6457513)
    assert panel.limits[0] < 68.0 - 2.6457513
    assert panel.limits[1] > 68.0 + 2.6457513


def test_published_numbers_only_in_the_papers_own_setting(results: Path) -> None:
    """Another model's figure draws ours alone; the paper's setting draws both."""
    write(results, *three_seeds(), *three_seeds(model="smollm2_135m"))
    drawn = {picture.setting.model: picture for picture in pictures_of(results)}
    published = {
        model: [point.mean for point in picture.panels[0].points if point.published]
        for model, picture in drawn.items()
    }
    assert published["smollm2_135m"] == []
    assert sorted(published["gpt2_medium"]) == [67.3, 68.2, 69.0, 69.1, 69.3]


def test_one_seed_has_no_error_bar(results: Path) -> None:
    """n=1 says nothing of spread."""
    write(results, make_record("lora"))
    (picture,) = pictures_of(results)
    assert [p.std for panel in picture.panels for p in panel.points if not p.published] == [
        None
    ] * 5


def test_synthetic_data_is_drawn_only_where_nothing_is_real(results: Path) -> None:
    """And then the subtitle says so."""
    synthetic = {"source": "synthetic", "preset": "quick", "model": "smollm2_135m"}
    write(results, *three_seeds(**synthetic))
    (picture,) = pictures_of(results)
    assert "synthetic data" in picture.subtitle
    write(results, *three_seeds())
    assert [picture.setting.real for picture in pictures_of(results)] == [True]


def test_no_values_no_figure(results: Path) -> None:
    """Failed runs alone draw nothing."""
    write(results, make_record("lora", status="failed", error="ValueError"))
    assert pictures_of(results) == ()


def test_files_are_whole_and_the_same_twice(results: Path) -> None:
    """The SVG is XML with the labels as text, and no NaN."""
    write(results, *three_seeds(), make_record("lorma_pi", status="diverged", error="Diverged"))
    (picture,) = pictures_of(results)
    files = render(picture)
    assert files == render(picture)
    assert files["png"].startswith(b"\x89PNG")
    text = "".join(ET.fromstring(files["svg"]).itertext())  # noqa: S314  (our own file)
    for label in ("BLEU", "CIDEr", "LoRA", "GPT-2 medium", "n=3"):
        assert label in text
    assert b"nan" not in files["svg"].lower()


def test_a_row_far_off_leaves_the_scale() -> None:
    """An untrained start at 0 does not squeeze the others; two groups alike stay together."""
    trained = [(66.0, 66.2, 66.4), (66.9, 67.1, 67.3)]
    assert on_scale([*trained, (0.0, 0.0, 0.0)]) == [True, True, False]
    assert on_scale(trained) == [True, True]
    low, high = limits(trained, digits=1)
    assert low < 66.0
    assert high > 67.3


def test_importing_the_report_loads_no_matplotlib() -> None:
    """Drawing is loaded when something is drawn."""
    program = "import sys, bench.report.__main__; print('matplotlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
