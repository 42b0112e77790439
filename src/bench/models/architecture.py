"""The shapes of a model, as conf/model states them. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transformers import PreTrainedConfig

    from bench.models.config import ModelConfig


def stated(config: ModelConfig) -> PreTrainedConfig:
    """The transformers configuration of a model with weights, its shapes from `architecture`.

    Raises a ModelError where nothing is stated, or a field that the family lacks.
    """
    from transformers import AutoConfig

    if not config.architecture:
        raise ModelError(
            f"{config.name}: its model.architecture is empty; state there the fields of its "
            "config.json that fix the shapes, as conf/model/gpt2.yaml does"
        )
    check_fields(config.family, config.architecture, f"{config.name}: model.architecture")
    return AutoConfig.for_model(config.family, **config.architecture)


def check_fields(family: str, settings: Mapping[str, Any], key: str) -> None:
    """Raise a ModelError for a setting, below `key`, that the configuration of `family` lacks."""
    from transformers import AutoConfig

    known = AutoConfig.for_model(family)
    unknown = sorted(name for name in settings if not hasattr(known, name))
    if unknown:
        raise ModelError(f"{key}.{unknown[0]}: {family} has no such field")


def check_stated(config: ModelConfig, found: PreTrainedConfig) -> None:
    """Raise a ModelError where weights have other shapes than `architecture` states."""
    for name, wanted in config.architecture.items():
        value = getattr(found, name, None)
        if value != wanted:
            raise ModelError(
                f"{config.name}: its weights have {name}={value}, but "
                f"model.architecture.{name}={wanted}; they are of another model: name that with "
                "model=NAME, or call them something else with model.name=NAME '~model.architecture'"
            )
