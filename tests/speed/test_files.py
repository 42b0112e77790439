"""Files of measurements: what is written is what is read, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.errors import StoreError
from bench.speed.files import load, path_of, paths, save, slug
from bench.speed.results import Agreement, Speed
from tests.speed.conftest import example


def test_a_file_is_read_as_it_was_written(speed: Speed, tmp_path: Path) -> None:
    """Every number, and where it lies."""
    path = path_of(tmp_path, speed, "one")
    assert path == tmp_path / "speed" / "device_1_tiny_gpt2_fp32_one.json"
    save(path, speed)
    assert load(path) == speed
    assert list(paths(tmp_path)) == [path]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no readable measurement"),
        ("[]", "no readable measurement"),
        ('{"schema": 2}', "schema"),
        ('{"schema": NaN}', "NaN"),
    ],
)
def test_what_is_no_measurement_is_named(tmp_path: Path, text: str, said: str) -> None:
    """One line with the file and the reason."""
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match=said) as error:
        load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("change", [{"values": -1}, {"precision": "../x"}, {"methods": 1}])
def test_odd_values_are_refused(speed: Speed, tmp_path: Path, change: dict[str, object]) -> None:
    """Numbers that cannot be, and names that would lead elsewhere."""
    path = tmp_path / "x.json"
    save(path, speed)
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(values | change), encoding="utf-8")
    with pytest.raises(StoreError):
        load(path)


def test_what_does_not_agree_is_told(speed: Speed) -> None:
    """The method, the way and both numbers; one that agrees is not."""
    assert speed.apart == []
    first, *others = speed.methods
    for largest, said in ((0.02, "2.0e-02"), (None, "not finite")):
        wrong = Agreement(first=0.0, largest=largest, steps=2, tolerance=1e-3, holds=False)
        ways = [{**vars(way), "agreement": wrong if way.way == "graph" else None}
                for way in first.ways]  # fmt: skip
        changed = example(methods=({**vars(first), "ways": ways}, *others))
        assert changed.apart == [f"loda graph ({said}, allowed 0.001)"]


def test_a_device_becomes_a_part_of_a_name() -> None:
    """Letters, digits and dots; whatever else, one stroke."""
    assert slug("NVIDIA H100 80GB HBM3") == "nvidia_h100_80gb_hbm3"
    assert slug("AMD EPYC(TM) 9.5 / x") == "amd_epyc_tm_9.5_x"
