"""What a local folder lacks is told in one line that names it."""

from __future__ import annotations

import json

import pytest

from bench.errors import ModelError
from bench.models.folder import check_folder


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "vocab.json").write_text("{}")
    return tmp_path


def refused(folder) -> str:
    with pytest.raises(ModelError) as error:
        check_folder(folder, "m")
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("m: ")
    return message


def test_complete_folder_passes(folder):
    check_folder(folder, "m")


def test_missing_folder(folder):
    assert "no folder; set model.path=DIR" in refused(folder / "nowhere")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("config.json", "config.json is missing"),
        ("model.safetensors", "has no model.safetensors"),
        ("vocab.json", "has no tokenizer"),
    ],
)
def test_missing_file(folder, file, message):
    (folder / file).unlink()
    assert message in refused(folder)


def test_pickled_weights_are_refused_with_the_reason(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    message = refused(folder)
    assert "pickles, which run code" in message
    assert "safetensors" in message


@pytest.mark.parametrize("text", ["{", "[]", '{"model_type": "t5"}', "{}"])
def test_unusable_configuration(folder, text):
    (folder / "config.json").write_text(text)
    assert "config.json" in refused(folder)


def test_missing_shard_is_named(folder):
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "lacks model-2.safetensors of" in refused(folder)
    (folder / "model-2.safetensors").write_bytes(b"")
    check_folder(folder, "m")
