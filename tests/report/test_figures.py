"""Figures: which numbers are drawn where, and files that are whole and always the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from bench.report.figures.draw import render
from bench.report.figures.lettering import typeset
from bench.report.figures.pictures import Picture, pictures
from bench.report.figures.scale import limits, on_scale, ticks
from bench.report.runs import read_runs
from bench.report.tables import blocks_of
from tests.report.report_records import make_record, write
from tests.specs import BY_NAME


def pictures_of(results: Path) -> tuple[Picture, ...]:
    """What the first table draws."""
    spec = BY_NAME["lorma_table_3"]
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


def test_more_rows_than_an_eye_takes_in_are_left_to_the_table(results: Path) -> None:
    """A hundred settings of one method make a table, and no figure."""
    write(results, *(make_record(settings={"train": {"steps": n}}) for n in range(100)))
    assert pictures_of(results) == ()


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


def test_of_many_rows_the_few_that_are_far_out_leave_the_scale() -> None:
    """METEOR of E2E, of which a prompt alone has two thirds; a wide spread stays together."""
    means = (46.0, 43.1, 44.5, 44.0, 44.8, 44.8, 42.2, 44.8, 45.1, 44.5)
    trained = [(mean - 0.1, mean, mean + 0.1) for mean in means]
    prompted, weak = (29.1, 29.2, 29.3), (34.3, 36.4, 38.5)
    assert on_scale([*trained, prompted, weak]) == [True] * 10 + [False] * 2
    assert on_scale([*trained[:5], prompted, weak]) == [True] * 7, "seven rows are not many"
    assert on_scale(trained) == [True] * 10
    spread = [(float(m), float(m), float(m)) for m in (20, 25, 31, 35, 38, 44, 46, 52)]
    assert on_scale(spread) == [True] * 8


def test_importing_the_report_loads_no_matplotlib() -> None:
    """Drawing is loaded when something is drawn."""
    program = "import sys, bench.report.__main__; print('matplotlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.0, 1.0, ["0.4", "0.8"]),
        (68.45, 69.45, ["68.8", "69.2"]),
        (8.53, 8.72, ["8.6", "8.7"]),
        (8.54, 8.66, ["8.56", "8.60", "8.64"]),
        (0.0, 1000.0, ["400", "800"]),
    ],
)
def test_ticks_are_round(low: float, high: float, texts: list[str]) -> None:
    """Multiples of 1, 2 or 5 times a power of ten, with the decimals that they need."""
    assert [text for _, text in ticks(low, high)] == texts


def test_ticks_keep_off_each_other_and_the_next_panel() -> None:
    """Whatever the axis: two or three, away from both ends, and each where its text says."""
    chance = np.random.default_rng(0)
    for _ in range(2000):
        low, width = chance.uniform(-1000, 1000), 10 ** chance.uniform(-2, 4)
        found = ticks(low, low + width)
        places = [place for place, _ in found]
        assert len(found) in {2, 3}
        assert low + 0.099 * width <= min(places)
        assert max(places) <= low + 0.901 * width
        assert min(np.diff(places)) > 0.26 * width
        assert [float(text) for _, text in found] == pytest.approx(places, abs=1e-9)


@pytest.mark.parametrize("value", [0.0, 69.0, -3.0, 1e20])
def test_equal_values_have_an_axis_with_ticks(value: float) -> None:
    """Points without any spread lie inside an axis that is no wider than rounding hides."""
    low, high = limits([(value, value, value)] * 2, digits=1)
    assert low < value < high
    assert high - low == pytest.approx(max(1.0, 2e-9 * value))
    assert len(ticks(low, high)) >= 2


def test_runs_that_leave_the_papers_settings_do_not_share_its_row(results: Path) -> None:
    """In the paper's block, a shortened run is told and the published number stands apart."""
    short = {"train": {"steps": 40}}
    write(results, make_record("lora", settings=short), make_record("lorma_pi"))
    (picture,) = pictures_of(results)
    found = {
        (picture.rows[point.row].label, picture.rows[point.row].notes, point.published)
        for point in picture.panels[0].points
    }
    assert {one for one in found if one[0] in {"LoRA", "LoRMA_π"}} == {
        ("LoRA", ("not the paper's settings",), False),
        ("LoRA", ("published",), True),
        ("LoRMA_π", (), False),
        ("LoRMA_π", (), True),
    }


def test_rows_that_differ_by_a_setting_are_labelled_by_it(results: Path) -> None:
    """Runs of the same method with two limits of the gradient are two rows of the figure."""
    write(results, *(make_record("lora", settings={"train": {"clip_norm": n}}) for n in (1, 2)))
    (picture,) = pictures_of(results)
    notes = [row.notes[:1] for row in picture.rows if row.label == "LoRA"]
    assert notes == [("train.clip_norm=1",), ("train.clip_norm=2",)]


def test_a_metric_without_value_is_absent_and_not_zero(results: Path) -> None:
    """METEOR needs Java; without it the panel says n/a in the row."""
    record = make_record("lora", metrics={"METEOR": None}, unavailable={"METEOR": "no Java"})
    write(results, record)
    (picture,) = pictures_of(results)
    panel = next(panel for panel in picture.panels if panel.column.metric == "METEOR")
    assert [point for point in panel.points if not point.published] == []
    assert [picture.rows[row].label for row in panel.absent] == ["LoRA"]
    assert b">n/a<" in render(picture)["svg"]


def test_an_index_is_typeset_and_other_signs_are_plain() -> None:
    """No dollar sign of a label may start mathematics, and XML has no place for \\x00."""
    assert typeset("LoRMA_π") == (r"LoRMA$_{\mathregular{π}}$", True)
    assert typeset("FT^{q,v}") == (r"FT$^{\mathregular{q,v}}$", True)
    assert typeset("LoRMA_+, post") == (r"LoRMA$_{\mathregular{+}}$, post", True)
    assert typeset("LoRMA_+, $x$") == ("LoRMA_+, $x$", False)
    assert typeset("a_b_c $x$ \x00^{\\y}") == ("a_b_c $x$ ^{\\y}", False)


def test_signs_in_names_leave_the_svg_whole(results: Path) -> None:
    """A model's title comes from the record, and may hold anything."""
    title = {"model": {"title": "<b>&\x00$_{\\x}$"}}
    write(results, make_record("lora", model="smollm2_135m", settings=title))
    (picture,) = pictures_of(results)
    text = "".join(ET.fromstring(render(picture)["svg"]).itertext())  # noqa: S314  (our own file)
    assert "<b>&$_{\\x}$" in text


def test_the_users_matplotlib_style_changes_nothing_and_is_left_alone(results: Path) -> None:
    """Neither a style set before nor pyplot has a part in the files."""
    import matplotlib as mpl

    write(results, *three_seeds())
    (picture,) = pictures_of(results)
    before = render(picture)
    with mpl.rc_context({"font.size": 20, "svg.fonttype": "path", "axes.facecolor": "black"}):
        assert render(picture) == before
        assert mpl.rcParams["font.size"] == 20
