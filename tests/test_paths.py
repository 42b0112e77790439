"""The configuration is found in a checkout and in an installed package."""

from __future__ import annotations

import pytest

from bench.errors import ConfigError
from bench.paths import config_folder


def conf(folder):
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("", encoding="utf-8")
    return folder


def test_the_configuration_of_this_package_is_found():
    assert (config_folder() / "config.yaml").is_file()
    assert (config_folder() / "table").is_dir()


def test_a_checkout_has_it_beside_the_sources(tmp_path):
    folder = conf(tmp_path / "conf")
    assert config_folder(tmp_path / "src" / "bench") == folder


def test_an_installed_package_carries_its_own(tmp_path):
    conf(tmp_path / "conf")
    folder = conf(tmp_path / "src" / "bench" / "conf")
    assert config_folder(tmp_path / "src" / "bench") == folder


def test_its_absence_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"no config\.yaml in"):
        config_folder(tmp_path / "src" / "bench")
