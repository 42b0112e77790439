"""The method section of a cell: independent parts that are put together by name.

    update | select | insert   what trains: an adapter on each targeted part, base tensors,
                               or something put into the whole model
    init                       how the update starts, if not its own way
    base                       transforms of the frozen weights, in this order
    magnitude                  whether the rows' norms train apart (DoRA)
    optimizer                  how it is stepped
    plugins                    hooks in the training loop
    shots                      worked examples in the prompt, for a method without training

`init`, `base` and `plugins` are sections NAME: {options}. The options of the update,
selection or insert stand beside these keys (`method.rank=8`), because they are what
people sweep over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from bench.check import build, section
from bench.errors import ConfigError
from bench.methods.base import Base, Component, Init, Insert, Property, Select, Update
from bench.methods.magnitude import Magnitude
from bench.methods.plugin import Plugin
from bench.models.parts import Part
from bench.registry import bases, choose, inits, inserts, plugins, selects, updates
from bench.types import Fraction, Name, NotNegative, Positive, Whole

Kind = TypeVar("Kind", bound=Component)

TRAINED = ("update", "select", "insert")
"""The keys of which exactly one says what trains."""

COMPOSED = (*TRAINED, "name", "parts", "init", "base", "magnitude", "optimizer", "plugins", "shots")
"""Keys of a method that are no option of its update, selection or insert."""


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
    ratio: Positive = 1.0
    """Learning rate of every B relative to `lr` (LoRA+, arXiv 2402.12354)."""


@dataclass(frozen=True, kw_only=True, config=ConfigDict(arbitrary_types_allowed=True))
class MethodConfig:
    """One fine-tuning method, composed."""

    name: Name
    parts: tuple[Part, ...]
    """Canonical names of the adapted weights, in every block."""
    update: Update | None
    select: Select | None
    insert: Insert | None = None
    init: Init | None = None
    base: tuple[Base, ...] = ()
    optimizer: OptimizerConfig
    plugins: tuple[Plugin, ...]
    shots: Whole = 0
    """Worked examples in front of every input that is evaluated."""

    @property
    def trained(self) -> Component:
        """The update, selection or insert."""
        found = self.update or self.select or self.insert
        assert found is not None, "method_from names exactly one"  # noqa: S101
        return found

    @property
    def components(self) -> dict[str, Component]:
        """Every part of the method, by a name that says its kind."""
        single = {key: getattr(self, key) for key in (*TRAINED, "init")}
        named = {f"{kind} {part.key}": part for kind, part in single.items() if part}
        inner = self.update.inner if isinstance(self.update, Magnitude) else None
        named |= {f"update {part.key}": part for part in (inner,) if part}
        named |= {f"base {part.key}": part for part in self.base}
        return named | {f"plugin {part.key}": part for part in self.plugins}

    @property
    def versions(self) -> dict[str, int]:
        """Version of each component of the method."""
        return {name: part.version for name, part in self.components.items()}

    @property
    def lacks(self) -> dict[Property, str]:
        """What the method cannot have, each with the reason of one of its parts."""
        return {k: why for part in self.components.values() for k, why in part.lacks.items()}


def in_order(parts: Sequence[Any]) -> list[Any]:
    """Each part once, in the canonical order, so that equal methods get equal names."""
    known = [part for part in get_args(Part) if part in parts]
    return known + [part for part in parts if part not in known]


def _section(
    options: dict[str, Any], name: str, table: Mapping[str, type[Kind]]
) -> tuple[Kind, ...]:
    """The components of a section NAME: {options}, in the order in which they are written."""
    named = options.pop(name, None) or {}
    if not isinstance(named, Mapping):
        raise ConfigError(f"method.{name}={named}: must be a section, NAME: {{options}}")
    return tuple(
        build(choose(dict(table), f"method.{name}", key), given or {}, f"method.{name}.{key}")
        for key, given in named.items()
    )


def _trained(options: dict[str, Any], parts: object) -> dict[str, Component | None]:
    """The one update, selection or insert, built from what is left of the options."""
    named = {key: options.pop(key, None) for key in TRAINED}
    wanted = [key for key in TRAINED if named[key]]
    if len(wanted) != 1:
        raise ConfigError(
            "method: exactly one of method.update, method.select and method.insert must be named"
        )
    kind = wanted[0]
    if kind == "update" and not parts:
        raise ConfigError("method.parts: empty; name the adapted weights, as [query,value]")
    tables: dict[str, Mapping[str, type[Component]]] = {
        "update": updates(), "select": selects(), "insert": inserts(),
    }  # fmt: skip
    magnitude = options.pop("magnitude", False)
    chosen = choose(dict(tables[kind]), f"method.{kind}", named[kind])
    built: Component = build(chosen, options, "method")
    if not isinstance(magnitude, bool):
        raise ConfigError(f"method.magnitude={magnitude}: must be true or false")
    if magnitude:
        if not isinstance(built, Update):
            raise ConfigError("method.magnitude: only an update's rows have norms that can train")
        if "merge" in built.lacks:
            raise ConfigError(
                f"method.magnitude: {named[kind]} has no weight whose rows have norms "
                f"({built.lacks['merge']})"
            )
        built = Magnitude(inner=built, dropout=built.dropout)
    return {**dict.fromkeys(TRAINED), kind: built}


def method_from(values: Mapping[str, Any]) -> MethodConfig:
    """Build the method that `conf/method/*.yaml` and overrides describe."""
    options = section(values, "method")
    plain = [key for key in ("name", "parts", "shots") if key in options]
    own: dict[str, Any] = {key: options.pop(key) for key in plain}
    own["optimizer"] = build(OptimizerConfig, options.pop("optimizer", {}), "method.optimizer")
    own["plugins"] = _section(options, "plugins", plugins())
    own["base"] = _section(options, "base", bases())
    init = _section(options, "init", inits())
    if len(init) > 1:
        raise ConfigError(f"method.init: {len(init)} ways to start; name one")
    own["init"] = init[0] if init else None
    own |= _trained(options, own.get("parts"))
    if own["init"] is not None and own["update"] is None:
        raise ConfigError("method.init: only an update can start in another way")
    if own["base"] and own["select"] is not None:
        raise ConfigError(
            "method.base: a selection would train the transformed weights themselves, which then "
            "are no longer sparse, of low rank or of 4 bit; use it with an update or an insert"
        )
    if isinstance(own.get("parts"), list):
        own["parts"] = in_order(own["parts"])
    method = build(MethodConfig, own, "method")
    for plugin in method.plugins:
        plugin.check(method)
    return method
