"""Measurements of speed in the report."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

from bench.report.__main__ import main
from bench.report.analyses.speeds import read_speeds, tables
from bench.report.analyses.write import write_grids
from bench.report.figures.bars import shown_in
from bench.speed.files import path_of, save
from bench.speed.results import Speed, WaySpeed
from tests.speed.conftest import example, speed

__all__ = ["speed"]


def kept(folder: Path, one: Speed, label: str | None = None) -> Path:
    """Write a measurement where the command would."""
    path = path_of(folder, one, label)
    save(path, one)
    return path


def written(folder: Path) -> list[Path]:
    """The files that the report makes of the measurements below a folder."""
    return write_grids(folder, tables(read_speeds(folder)[0]))


def test_without_measurements_nothing_is_made(tmp_path: Path) -> None:
    """No folder, no table, no figure."""
    assert read_speeds(tmp_path) == ([], [])
    assert not list(tmp_path.iterdir())


def test_each_measurement_has_a_page_and_a_figure(speed: Speed, tmp_path: Path) -> None:
    """The page links to the figure and to its file, both of which are there."""
    source = kept(tmp_path, speed)
    assert main([f"paths.results={tmp_path}"]) == 0
    name = f"speed_{source.stem}"
    page = (tmp_path / "tables" / f"{name}.md").read_text(encoding="utf-8")
    assert f"(../figures/{name}.svg)" in page
    assert f"(../speed/{source.name})" in page
    assert "| loda " in page
    assert (tmp_path / "figures" / f"{name}.png").is_file()
    drawn = ElementTree.parse(tmp_path / "figures" / f"{name}.svg")  # noqa: S314
    text = " ".join(drawn.getroot().itertext())
    for part in ("loda", "20.0", "5.0", "eager", "graph", "milliseconds a step"):
        assert part in text
    assert "HF PEFT" not in text


def test_the_same_bytes_on_every_run(speed: Speed, tmp_path: Path) -> None:
    """Table and figure depend on the file alone."""
    kept(tmp_path, speed)
    made = [{path: path.read_bytes() for path in written(tmp_path)} for _ in range(2)]
    assert made[0] == made[1]
    assert len(made[0]) == 5


def test_a_damaged_file_is_named_and_the_others_are_shown(
    speed: Speed, tmp_path: Path, capsys: object
) -> None:
    """As with records."""
    kept(tmp_path, speed)
    (tmp_path / "speed" / "broken.json").write_text("{", encoding="utf-8")
    found, damaged = read_speeds(tmp_path)
    assert [one.speed for one in found] == [speed]
    assert [one.path.name for one in damaged] == ["broken.json"]


def test_every_number_is_a_row_of_the_csv(speed: Speed, tmp_path: Path) -> None:
    """With its unit, of the passes that it is the median of."""
    kept(tmp_path, speed)
    with written(tmp_path)[2].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [
        (row["method"], row["place"], row["quantity"], row["unit"], row["mean"]) for row in rows
    ]
    assert found == [
        ("loda", "eager", "training step", "ms", "20"),
        ("loda", "eager", "real tokens", "1/s", "1000"),
        ("loda", "eager", "peak memory", "bytes", "3145728"),
        ("loda", "graph", "training step", "ms", "5"),
        ("loda", "graph", "real tokens", "1/s", "4000"),
        ("loda", "graph", "peak memory", "bytes", "5242880"),
        ("", "ours", "decoded input", "s", "0.25"),
        ("", "plain", "decoded input", "s", "0.5"),
    ]
    assert {row["files"] for row in rows} == {"speed/device_1_tiny_gpt2_fp32.json"}


def test_where_nothing_was_timed_there_is_no_figure(speed: Speed, tmp_path: Path) -> None:
    """The page tells why, and links to none."""
    first = speed.methods[0]
    untimed = {**vars(first), "ways": [WaySpeed(way="eager", reason="out of memory")]}
    one = example(methods=(untimed,))
    assert shown_in(one) == []
    kept(tmp_path, one)
    page = written(tmp_path)[0].read_text(encoding="utf-8")
    assert "eager: out of memory (loda)" in page
    assert "figures" not in page


def test_signs_of_strangers_stay_text(tmp_path: Path) -> None:
    """A title that looks like markup, and a command with a line break."""
    one = example(title="a | b <script>", command=("x`\n# y",))
    kept(tmp_path, one)
    page = written(tmp_path)[0].read_text(encoding="utf-8")
    assert "a \\| b \\<script\\>" in page
    assert "\n# y" not in page
