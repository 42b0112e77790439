"""Checkpoints on disk: the last two, each whole or named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.errors import StoreError
from bench.store.checkpoints import Checkpoint, Checkpoints


def held(step: int) -> Checkpoint:
    """A checkpoint of one step."""
    return Checkpoint(step=step, tensors=bytes(range(step)), layout={"loss": [0.1 * step, None]})


@pytest.fixture
def three(tmp_path: Path) -> Checkpoints:
    """Three were written."""
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for step in (8, 9, 10):
        checkpoints.write(held(step))
    return checkpoints


def test_the_last_two_stay_and_come_back(three: Checkpoints) -> None:
    """By their number, not by their name: 10 is behind 9."""
    assert three.steps() == [10, 9]
    assert len(list(three.folder.iterdir())) == 4
    assert [three.read(step) for step in (10, 9)] == [held(10), held(9)]


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_every_damage_is_named(suffix: str, three: Checkpoints) -> None:
    """Each byte that is another, and each length that is shorter, in either file."""
    path = three.folder / f"step-10{suffix}"
    whole = path.read_bytes()
    flipped = [
        whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole.strip()))
    ]
    cut = [whole[:length] for length in range(0, len(whole.strip()), 7)]
    for damaged in [*flipped, *cut]:
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match=r"step-10\..*: damaged"):
            three.read(10)
    assert three.read(9) == held(9)


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"sha256": 1, "step": []}', "[" * 10**5])
def test_foreign_files_are_named(text: str, three: Checkpoints) -> None:
    """Whatever JSON stands in its place."""
    (three.folder / "step-10.json").write_text(text)
    with pytest.raises(StoreError, match="damaged"):
        three.read(10)


def test_one_under_another_name_is_damaged(three: Checkpoints) -> None:
    """A copy of step 9 is not step 11."""
    for suffix in (".json", ".safetensors"):
        blob = (three.folder / f"step-9{suffix}").read_bytes()
        (three.folder / f"step-11{suffix}").write_bytes(blob)
    assert three.steps() == [11, 10, 9]
    with pytest.raises(StoreError, match=r"step-11\.json: damaged"):
        three.read(11)


def test_tensors_alone_are_no_checkpoint(tmp_path: Path) -> None:
    """A crash between the two files leaves the one before."""
    checkpoints = Checkpoints(tmp_path)
    checkpoints.write(held(4))
    (tmp_path / "step-6.safetensors").write_bytes(b"half")
    assert checkpoints.steps() == [4]
    checkpoints.clear()
    assert list(tmp_path.iterdir()) == []


def test_it_is_plain_json(three: Checkpoints) -> None:
    """Anything can look into it."""
    assert json.loads((three.folder / "step-10.json").read_text())["layout"] == held(10).layout
