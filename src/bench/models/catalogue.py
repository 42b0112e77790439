"""The models that can be named in `model=NAME`. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.check import build
from bench.errors import ModelError
from bench.models.config import ModelConfig
from bench.paths import config_folder
from bench.store.plain import read_yaml

if TYPE_CHECKING:
    from pathlib import Path


def catalogue(folder: Path | None = None) -> list[ModelConfig]:
    """Return the models of `folder` (default: conf/model), in the order of their names.

    Folders inside it are the choices of presets, not models. Raises a ModelError or
    ConfigError that names the file.
    """
    place = config_folder() / "model" if folder is None else folder
    return [_read(path) for path in sorted(place.glob("*.yaml"))]


def _read(path: Path) -> ModelConfig:
    """Read one model file, which must be called by the name of its model."""
    config = build(ModelConfig, read_yaml(path), path.name)
    if config.name != path.stem:
        raise ModelError(f"{path}: name={config.name}; the file must be called {config.name}.yaml")
    return config
