"""Methods: what each is made of, and what it costs on a model."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from bench.errors import ConfigError
from bench.list.files import Entry, first_comment, group_files
from bench.methods.compose import COMPOSED, MethodConfig, method_from
from bench.methods.magnitude import Magnitude
from bench.paths import config_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from bench.methods.base import Component
    from bench.models.config import ModelConfig


def methods(model: ModelConfig | None = None) -> Iterator[Entry]:
    """Every file of conf/method, and with a `model` what each costs there, which needs torch.

    family     module of its definition, up to an underscore: lorma_pi is of lorma
    lacks      properties that the method cannot have, each with the reason
    defined    module and class of its update, selection or insert
    file       below conf
    """
    measure: Callable[[MethodConfig], Entry] = _nothing
    if model is not None:
        from bench.list.costs import costs

        measure = costs(model)
    for path, values in group_files("method"):
        method = _method(path, values)
        part: Any = _component(method)
        composed = {key: values[key] for key in COMPOSED if key in values}
        yield {
            "name": method.name,
            "family": type(part).__module__.rpartition(".")[2].partition("_")[0],
            "about": first_comment(path),
            "source": _sources(method),
            "parts": list(method.parts),
            "mergeable": "merge" not in method.lacks,
            "lacks": method.lacks,
            **measure(method),
            "defined": f"{type(part).__module__}:{type(part).__qualname__}",
            "file": path.relative_to(config_folder()).as_posix(),
            "options": {field.name: getattr(part, field.name) for field in fields(part)},
            **{key: composed.get(key) or {} for key in ("init", "base", "plugins", "optimizer")},
            "magnitude": bool(composed.get("magnitude")),
            "shots": method.shots,
        }


def _nothing(method: MethodConfig) -> Entry:  # noqa: ARG001  (called like the costs on a model)
    """No costs without a model."""
    return {}


def _method(path: Path, values: Mapping[str, Any]) -> MethodConfig:
    """The method of a file, or an error that names the file."""
    try:
        return method_from(values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _component(method: MethodConfig) -> Component:
    """What has the method's options: without the magnitude around it."""
    trained = method.trained
    return trained.inner if isinstance(trained, Magnitude) else trained


def _sources(method: MethodConfig) -> str:
    """Papers of all parts of a method, each once."""
    parts = [_component(method), *method.components.values()]
    return "; ".join(dict.fromkeys(part.source for part in parts))
