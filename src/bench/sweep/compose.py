"""Compose many cells quickly: their group choices once, their values on copies of that.

Composing with Hydra takes 0.1 s, most of it for groups and their files. The cells of a
sweep differ in a few values; those are put on a copy by Hydra's own function, as Hydra would:
behind everything that the groups say.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, cast

from hydra import initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.conf import HelpConf, HydraHelpConf
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from bench.paths import config_folder


class Composer:
    """Composes cells from the overrides of each; `always` are overrides that all share."""

    def __init__(
        self, loader: ConfigLoaderImpl, config_name: str = "config", always: Sequence[str] = ()
    ) -> None:
        self._loader = loader
        self._name = config_name
        self._always = list(always)
        self._bases: dict[tuple[str, ...], DictConfig] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs, which composes few cells."""
        return {**self.__dict__, "_bases": {}}

    def settings(self, overrides: Sequence[str]) -> dict[str, Any]:
        """The resolved settings of one cell as plain data."""
        values: list[Override] = []
        choices: list[str] = []
        for one in OverridesParser.create().parse_overrides(list(overrides)):
            if self._is_value(one):
                values.append(one)
            else:
                choices.append(str(one.input_line))
        config = copy.deepcopy(self._base(tuple(choices)))
        ConfigLoaderImpl._apply_overrides_to_config(values, config)
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        return cast("dict[str, Any]", plain)

    def _is_value(self, override: Override) -> bool:
        """Whether Hydra would apply `override` behind all groups, and not choose a file."""
        group = self._loader.repository.group_exists(override.key_or_group)
        return not group or isinstance(override.value(), dict)

    def _base(self, choices: tuple[str, ...]) -> DictConfig:
        """What the groups alone say, without Hydra's own section."""
        if choices not in self._bases:
            base = self._loader.load_configuration(
                config_name=self._name,
                overrides=[*self._always, *choices],
                run_mode=RunMode.RUN,
            )
            with open_dict(base):
                del base["hydra"]
            self._bases[choices] = base
        return self._bases[choices]


def new_composer() -> Composer:
    """A composer for a program that Hydra did not start."""
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
    return Composer(cast("ConfigLoaderImpl", loader))


class QuickLoader:
    """Stands in for Hydra's loader before a launcher: its cells are composed by their task.

    A launcher copies what it gets many times, and needs little of Hydra's own section.
    """

    def __init__(self, master: DictConfig) -> None:
        self._little = OmegaConf.masked_copy(master, ["hydra", "paths"])
        with open_dict(self._little):
            for key, nothing in NOT_NEEDED.items():
                OmegaConf.update(self._little, f"hydra.{key}", nothing, merge=False)
            self._little.overrides = []

    def load_sweep_config(self, master: DictConfig, overrides: list[str]) -> DictConfig:
        """What Hydra needs to start a job, and the overrides of one cell under `overrides`."""
        config: DictConfig = copy.deepcopy(self._little)
        config.hydra.overrides.task = config.overrides = list(overrides)
        OmegaConf.copy_cache(from_config=master, to_config=config)
        return config


NOT_NEEDED: dict[str, Any] = {
    "help": HelpConf(),
    "hydra_help": HydraHelpConf(),
    "launcher": None,
    "sweeper": None,
    "runtime.choices": {},
    "runtime.config_sources": [],
}
"""What stands in the place of the long parts of Hydra's section, which no job reads."""
