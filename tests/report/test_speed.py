"""Measurements of speed in the report."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from bench.report.__main__ import main
from bench.report.figures.bars import shown_in
from bench.report.speed import write_speed
from bench.speed.results import Speed, WaySpeed, path_of, save
from tests.speed.conftest import example, speed

__all__ = ["speed"]


def kept(folder: Path, one: Speed, label: str | None = None) -> Path:
    """Write a measurement where the command would."""
    path = path_of(folder, one, label)
    save(path, one)
    return path


def test_without_measurements_nothing_is_made(tmp_path: Path) -> None:
    """No folder, no table, no figure."""
    assert write_speed(tmp_path) == ([], [])
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
    made = [{path: path.read_bytes() for path in write_speed(tmp_path)[0]} for _ in range(2)]
    assert made[0] == made[1]
    assert len(made[0]) == 3


def test_a_damaged_file_is_named_and_the_others_are_shown(
    speed: Speed, tmp_path: Path, capsys: object
) -> None:
    """As with records."""
    kept(tmp_path, speed)
    (tmp_path / "speed" / "broken.json").write_text("{", encoding="utf-8")
    written, damaged = write_speed(tmp_path)
    assert len(written) == 3
    assert [one.path.name for one in damaged] == ["broken.json"]


def test_where_nothing_was_timed_there_is_no_figure(speed: Speed, tmp_path: Path) -> None:
    """The page tells why, and links to none."""
    first = speed.methods[0]
    untimed = {**vars(first), "ways": [WaySpeed(way="eager", reason="out of memory")]}
    one = example(methods=(untimed,))
    assert shown_in(one) == []
    kept(tmp_path, one)
    (path,) = write_speed(tmp_path)[0]
    page = path.read_text(encoding="utf-8")
    assert "eager: out of memory (loda)" in page
    assert "figures" not in page


def test_signs_of_strangers_stay_text(tmp_path: Path) -> None:
    """A title that looks like markup, and a command with a line break."""
    one = example(title="a | b <script>", command=("x`\n# y",))
    kept(tmp_path, one)
    page = write_speed(tmp_path)[0][0].read_text(encoding="utf-8")
    assert "a \\| b \\<script\\>" in page
    assert "\n# y" not in page
