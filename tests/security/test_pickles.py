"""Weights and tensors of strangers: no pickle is opened, and a lying header is refused."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

import pytest

from bench.errors import ModelError, StoreError
from bench.models.config import PackageSource
from bench.models.folder import check_folder
from bench.models.package import package_path
from bench.tensors.files import read_tensors

CONFIG = json.dumps({"model_type": "gpt2"})


class Trap:
    """What runs when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder without weights."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text(CONFIG)
    (model / "tokenizer.json").write_text("{}")
    return model


def test_a_folder_of_pickles_is_refused(folder: Path, tmp_path: Path) -> None:
    """Only .bin weights: one line that says why, and the pickle is never opened."""
    sprung = tmp_path / "sprung"
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(ModelError, match="are pickles, which run code when read") as raised:
        check_folder(folder, "m")
    assert "\n" not in str(raised.value)
    assert not sprung.exists()


@pytest.mark.parametrize(
    "part",
    ["../../secret.safetensors", "/etc/passwd", "a/b.safetensors", "pytorch_model.bin", 7, []],
)
def test_an_index_names_files_beside_it(part: object, folder: Path) -> None:
    """Shards elsewhere, or of another kind, are refused before transformers opens them."""
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"w": part}}))
    with pytest.raises(ModelError, match="no safetensors file beside it"):
        check_folder(folder, "m")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{", "[]", "\ud800".encode("utf-8", "surrogatepass")]
)
def test_a_damaged_configuration(text: str | bytes, folder: Path) -> None:
    """Nested beyond all bounds, or no JSON: one line."""
    (folder / "config.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ModelError) as raised:
        check_folder(folder, "m")
    assert "\n" not in str(raised.value)


def header(values: object, size: int | None = None) -> bytes:
    """The beginning of a safetensors file; `size` lies about the header's length."""
    text = json.dumps(values).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04pickle",
        header({}, size=1 << 62),
        header({"w": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}),
        header({"w": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 4]}}) + bytes(4),
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [-8, -4]}}),
        header({"w": {"dtype": "object", "shape": [1], "data_offsets": [0, 4]}}) + bytes(4),
    ],
)
def test_tensors_that_lie_about_their_size(content: bytes, tmp_path: Path) -> None:
    """A header beyond the file, or one that asks for terabytes, is one line."""
    path = tmp_path / "adapter.safetensors"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="no readable tensors") as raised:
        read_tensors(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("file", ["../yaml", "/etc", "a/../../x", "", "a//b", "a`b"])
def test_a_packages_weights_are_inside_it(file: str) -> None:
    """A record of a stranger may name a package, and not what lies beside it."""
    from bench.check import build
    from bench.errors import ConfigError

    values = {"kind": "package", "module": "numpy", "file": file, "requirement": "numpy==1.0"}
    with pytest.raises((ConfigError, ModelError)):
        package_path(build(PackageSource, values, "source"), "m")
