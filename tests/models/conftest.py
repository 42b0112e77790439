"""Small models of every family, made from the project's own configuration files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.models.catalogue import catalogue
from bench.models.config import ModelConfig
from bench.models.heads import CausalHead, Head
from bench.models.load import Loaded, load

CONFIGS = {config.name: config for config in catalogue()}


@pytest.fixture(scope="session")
def configs() -> dict[str, ModelConfig]:
    return CONFIGS


@pytest.fixture
def read():
    """`load` with the settings that most tests share."""

    def read(config: ModelConfig | str, head: Head | None = None, **given: object) -> Loaded:
        config = CONFIGS[config] if isinstance(config, str) else config
        options = {"dtype": torch.float32, "device": "cpu", "seed": 0, **given}
        return load(config, head=head or CausalHead(), **options)

    return read


@pytest.fixture
def at():
    """A model of the catalogue that is read from a local folder instead."""

    def at(name: str, folder: Path) -> ModelConfig:
        return replace(CONFIGS[name], path=folder)

    return at
