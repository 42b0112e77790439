"""Say in one line why Hydra could not compose a command line."""

from __future__ import annotations

from collections.abc import Sequence

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bench.errors import ConfigError, unknown, unknown_key
from bench.paths import config_folder
from bench.printable import short

GROUPS = ("model", "method", "task", "preset", "data", "logging", "experiment")


def explain(error: Exception, arguments: Sequence[str]) -> ConfigError:
    """The reason behind `error`, naming the key, the value, and the nearest valid name."""
    if isinstance(error, MissingConfigException):
        return missing_choice(error)
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    key = getattr(root, "full_key", None)
    if key and "not in struct" in str(root):
        return unknown_key(key, known_keys(key, arguments))
    reason, given = str(root if str(root) else error), " ".join(arguments)
    return ConfigError(f"{short(reason, 500)} (command line: {short(given, 500)})")


def missing_choice(error: MissingConfigException) -> ConfigError:
    """A group has no such file."""
    folder = config_folder() / "model"
    group, _, name = str(error.missing_cfg_file).partition("/")
    choices = [str(choice) for choice in error.options or []]
    if group == "model":  # its folders hold the model of each preset and task
        choices = [choice for choice in choices if (folder / f"{choice}.yaml").is_file()]
    if group == "model" and "/" in name:
        preset, _, task = name.partition("/")
        return ConfigError(
            f"preset={preset}: names no model for task={task}; name one with model=…, "
            f"allowed: {', '.join(choices)}"
        )
    if not name:
        return ConfigError(f"{group}: no such configuration")
    return unknown(group, name, group, choices)


def known_keys(key: str, arguments: Sequence[str]) -> list[str]:
    """Keys beside `key` in the configuration that the group choices alone compose."""
    chosen = [text for text in arguments if text.partition("=")[0] in GROUPS]
    parsed = OverridesParser.create().parse_overrides(chosen)
    plain = [
        text for text, item in zip(chosen, parsed, strict=True) if not item.is_sweep_override()
    ]
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(config_folder()), version_base="1.3"):
            config = compose("config", plain)
    except (HydraException, OmegaConfBaseException):
        return []
    section = OmegaConf.select(config, key.rpartition(".")[0]) if "." in key else config
    return [str(name) for name in section] if isinstance(section, DictConfig) else []
