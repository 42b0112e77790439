"""The method section of a cell: independent parts that are put together by name.

    update | select   what trains: an adapter on each targeted part, or base tensors
    optimizer         how it is stepped
    plugins           hooks in the training loop, by key, each with its options

The options of the update stand beside these keys (`method.rank=8`), because they are
what people sweep over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from bench.check import build
from bench.errors import ConfigError
from bench.methods.base import Plugin, Select, Update
from bench.models.parts import Part
from bench.registry import choose, plugins, selects, updates
from bench.types import Fraction, Name, NotNegative, Positive


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class OptimizerConfig:
    """AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101)."""

    name: Literal["adamw"] = "adamw"
    lr: Positive
    """Peak learning rate."""
    weight_decay: NotNegative = 0.01
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    eps: Positive = 1e-8


@dataclass(frozen=True, kw_only=True, config=ConfigDict(arbitrary_types_allowed=True))
class MethodConfig:
    """One fine-tuning method, composed."""

    name: Name
    parts: tuple[Part, ...]
    """Canonical names of the adapted weights, in every block."""
    update: Update | None
    select: Select | None
    optimizer: OptimizerConfig
    plugins: tuple[Plugin, ...]

    @property
    def versions(self) -> dict[str, int]:
        """Version of each component of the method, by a name that says its kind."""
        parts = {"update": self.update, "select": self.select}
        named = {f"{kind} {part.key}": part.version for kind, part in parts.items() if part}
        return named | {f"plugin {plugin.key}": plugin.version for plugin in self.plugins}


def in_order(parts: Sequence[Any]) -> list[Any]:
    """Each part once, in the canonical order, so that equal methods get equal names."""
    known = [part for part in get_args(Part) if part in parts]
    return known + [part for part in parts if part not in known]


def method_from(values: Mapping[str, Any]) -> MethodConfig:
    """Build the method that `conf/method/*.yaml` and overrides describe."""
    options = dict(values)
    named = [key for key in ("update", "select") if options.get(key)]
    if len(named) != 1:
        raise ConfigError("method: exactly one of method.update and method.select must be named")
    own: dict[str, Any] = {key: options.pop(key) for key in ("name", "parts") if key in options}
    optimizer = build(OptimizerConfig, options.pop("optimizer", {}), "method.optimizer")
    named_hooks = options.pop("plugins", None) or {}
    if not isinstance(named_hooks, Mapping):
        raise ConfigError(f"method.plugins={named_hooks}: must be a section, NAME: {{options}}")
    hooks = tuple(
        build(choose(plugins(), "method.plugins", key), given or {}, f"method.plugins.{key}")
        for key, given in named_hooks.items()
    )
    update, select = options.pop("update", None), options.pop("select", None)
    built: dict[str, Update | Select | None] = {"update": None, "select": None}
    if update:
        if not own.get("parts"):
            raise ConfigError("method.parts: empty; name the adapted weights, as [query,value]")
        built["update"] = build(choose(updates(), "method.update", update), options, "method")
    else:
        built["select"] = build(choose(selects(), "method.select", select), options, "method")
    if isinstance(own.get("parts"), list):
        own["parts"] = in_order(own["parts"])
    return build(MethodConfig, {**own, **built, "optimizer": optimizer, "plugins": hooks}, "method")
