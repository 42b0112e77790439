"""What the command is asked for: its own settings, and those of the cells that it composes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Annotated, Literal, get_args

from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from bench.check import build
from bench.errors import ConfigError, unknown
from bench.list.files import group_files
from bench.types import Name

WayName = Literal["eager", "graph", "compiled", "peft", "dense"]
"""Our step launched one operation after the other, as CUDA graphs, and as graphs of compiled
blocks; HF PEFT's layers and plain equations, both in our eager step."""

WAYS: tuple[WayName, ...] = get_args(WayName)

OURS: tuple[WayName, ...] = ("eager", "graph", "compiled")

ALL, NONE = "all", "none"

Number = Annotated[int, Ge(1)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Settings:
    """The command's own settings."""

    methods: str = ALL
    """Names of methods with commas between them, or `all`."""
    graph: str = ALL
    """Methods whose steps are also measured in this way, or `all`, or `none`."""
    compiled: str = ALL
    peft: str = ALL
    dense: str = ALL
    packed: str = NONE
    """Methods of which some `runs` are also measured together, as packed sweeps train them."""
    runs: Annotated[int, Ge(2)] = 8
    cell: str = NONE
    """Methods of which a whole cell is timed as well: all steps of the cell's own settings, with
    validation and the model's dropout, and decoding of every input; scoring is left out."""
    shape: Name | None = None
    """A model of conf/model with random weights of its shapes, drawn on the device, and random
    tokens in place of rows; nothing is downloaded."""
    batches: Number = 10
    """Batches that every way goes through again and again."""
    warmup: Number = 1
    """Passes over them before the clock runs; kernels are chosen and graphs captured in them."""
    rounds: Number = 4
    """Passes that are measured, in turn with the other ways."""
    padded: Number = 512
    """Length to which plain equations pad their rows, as the official scripts for GPT-2 do."""
    dropout: Literal["off", "model"] = "off"
    """`model` leaves dropout as it is; ways then draw other masks, and are not compared."""
    profile: bool = False
    """Whether one more pass of our ways is profiled, on a GPU: kernels, and how long it is busy."""
    queries: Annotated[int, Ge(0)] = 8
    """Inputs that are decoded, by us and by transformers alone; 0 leaves decoding out."""
    label: Name | None = None
    """Ends the name of the file, so that several measurements of one model can stand together."""

    def wants(self, way: WayName | Literal["packed", "cell"], method: str) -> bool:
        """Whether a method is to be measured in a way; the eager one always is."""
        asked = ALL if way == "eager" else getattr(self, way)
        return asked == ALL or method in asked.split(",")


OWN = tuple(field.name for field in fields(Settings))


def settings_from(words: Sequence[str]) -> tuple[Settings, list[str]]:
    """The command's own settings, and the overrides of cells; a ConfigError for what is neither."""
    own: dict[str, str] = {}
    overrides: list[str] = []
    for word in words:
        key, _, value = word.partition("=")
        if not value:
            raise ConfigError(f"{word}: give KEY=VALUE; see python -m bench.speed --help")
        if key in {"method", "eager"}:
            raise ConfigError(f"{word}: name methods with methods=NAME,NAME; all are run eagerly")
        if key in OWN:
            own[key] = value
        else:
            overrides.append(word)
    if "shape" in own:
        overrides = [word for word in overrides if not word.startswith("model=")]
        overrides.insert(0, f"model={own['shape']}")
    if not any(word.startswith("data=") for word in overrides):
        overrides.append("data=synthetic")
    settings = build(Settings, own, "")
    for key in ("methods", *WAYS[1:], "packed", "cell"):
        _check_names(key, getattr(settings, key))
    return settings, overrides


def known_methods() -> list[str]:
    """The methods of conf/method."""
    return [path.stem for path, _ in group_files("method")]


def chosen_methods(settings: Settings) -> list[str]:
    """The methods to measure, in the order in which they are named."""
    return known_methods() if settings.methods == ALL else settings.methods.split(",")


def _check_names(key: str, value: str) -> None:
    """Refuse a method that is not there."""
    known: Mapping[str, None] = dict.fromkeys(known_methods())
    if value == ALL or (value == NONE and key != "methods"):
        return
    for name in value.split(","):
        if name not in known:
            raise unknown(key, name, "method", [*known, ALL])
