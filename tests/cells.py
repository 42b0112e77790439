"""Configurations as the command line composes them, and what their runs left."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from bench.sweep.compose import Composer, new_composer

if TYPE_CHECKING:
    from bench.config import Cell
    from bench.store.record import Record


@cache
def _composer() -> Composer:
    """Keeps what groups say: composing anew takes a tenth of a second a cell."""
    return new_composer()


def compose_settings(*overrides: str) -> dict[str, Any]:
    """The resolved configuration of a command line, as sweeps compose it."""
    return _composer().settings(overrides)


def hydra_settings(*overrides: str) -> dict[str, Any]:
    """The same, composed by Hydra alone."""
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    from bench.paths import config_folder

    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        config = compose("config", list(overrides))
    return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]


def records(cell: Cell) -> list[Record]:
    """What the store of a cell holds."""
    from bench.store.store import Store

    return Store(cell.paths.results).read()[0]
