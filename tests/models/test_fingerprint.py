"""The fingerprint follows what is loaded, and needs no torch."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import ModelError
from bench.models.config import HubSource, PackageSource, RandomSource
from bench.models.fingerprint import fingerprint

REVISION = "607a30d783dfa663caf39e06633721c8d4cfcd7e"


@pytest.fixture
def folder(tmp_path):
    """The files of a model; their content does not matter here."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "README.md").write_text("read me")
    return folder


def of_path(folder: Path, configs) -> str:
    revision, sha256 = fingerprint(replace(configs["tiny_llama"], path=folder))
    assert revision is None
    return sha256


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json"])
def test_every_loaded_file_of_a_folder_counts(folder, configs, file):
    before = of_path(folder, configs)
    (folder / file).write_bytes((folder / file).read_bytes() + b" ")
    assert of_path(folder, configs) != before


def test_other_files_names_and_places_of_a_folder_do_not_count(folder, configs):
    before = of_path(folder, configs)
    (folder / "README.md").write_text("changed")
    assert of_path(folder.rename(folder.with_name("moved")), configs) == before


def test_added_vocabulary_counts(folder, configs):
    before = of_path(folder, configs)
    (folder / "merges.txt").write_text("")
    assert of_path(folder, configs) != before


def test_damaged_folder_is_told_before_it_is_hashed(folder, configs):
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"has no model\.safetensors"):
        of_path(folder, configs)


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "weights_of_nobody"
    (folder / "model").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise SystemExit('imported')")
    (folder / "m.gguf").write_bytes(b"GGUF")
    (folder / "model" / "a").write_bytes(b"1")
    (folder / "model" / "b").write_bytes(b"2")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def packaged(configs, file: str):
    source = PackageSource(
        kind="package", module="weights_of_nobody", file=file, requirement="weights==1.2"
    )
    return fingerprint(replace(configs["minilm_l6"], source=source))


def test_packaged_file_is_its_sha256(package, configs):
    assert packaged(configs, "m.gguf") == ("weights==1.2", hashlib.sha256(b"GGUF").hexdigest())


def test_packaged_folder_is_that_of_sha256sum(package, configs):
    """`sha256sum a b | sha256sum` in the folder prints the same."""
    lines = [
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in (("a", b"1"), ("b", b"2"))
    ]
    assert packaged(configs, "model").sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_hub_is_its_commit(configs):
    source = HubSource(kind="hub", repository="openai-community/gpt2", revision=REVISION)
    found = fingerprint(replace(configs["gpt2"], source=source))
    text = f"hub:openai-community/gpt2@{REVISION}"
    assert found == (REVISION, hashlib.sha256(text.encode()).hexdigest())


def test_random_weights_are_their_seed_and_settings(configs):
    def of(seed: int, **settings: object) -> str:
        source = RandomSource(kind="random", seed=seed, settings=settings)
        return fingerprint(replace(configs["tiny_gpt2"], source=source)).sha256

    base = of(0, model_type="gpt2", n_layer=2)
    assert base == of(0, n_layer=2, model_type="gpt2")
    text = '{"seed":0,"settings":{"model_type":"gpt2","n_layer":2}}'
    assert base == hashlib.sha256(text.encode()).hexdigest()
    assert len({base, of(1, model_type="gpt2", n_layer=2), of(0, model_type="gpt2")}) == 3


def test_nothing_heavy_is_imported():
    code = (
        "import sys, bench.models.catalogue as c, bench.models.fingerprint as f\n"
        "[f.fingerprint(m) for m in c.catalogue() if m.source.kind != 'package']\n"
        "print({'torch', 'transformers', 'huggingface_hub', 'safetensors'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
