"""Methods that train tensors of the base model itself and add none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Select

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Everything(Select):
    """Full fine-tuning: every tensor of the model trains."""

    key = "everything"
    source = "full fine-tuning"

    def chosen(self, model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
        """All parameters; tied ones once."""
        yield from model.named_parameters()
