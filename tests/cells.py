"""Configurations as the command line composes them."""

from __future__ import annotations

from typing import Any


def compose_settings(*overrides: str) -> dict[str, Any]:
    """The resolved configuration of a command line."""
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    from bench.paths import config_folder

    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        config = compose("config", list(overrides))
    return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]
