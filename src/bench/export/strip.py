"""Take what this project put into a model out of it again, so that others can load it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from bench.attach.attach import adapted_maps
from bench.errors import ModelError
from bench.models.dense import StandIn, plain_linear
from bench.models.join import join_projections

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def take_off(model: PreTrainedModel) -> None:
    """Leave the frozen model, still split; a trained head stays."""
    for name, adapted in adapted_maps(model).items():
        model.set_submodule(name, adapted.base)


@torch.no_grad()
def restore_layout(model: PreTrainedModel) -> None:
    """Make every weight dense, and its name that of transformers; or a ModelError."""
    for name, module in list(model.named_modules()):
        if isinstance(module, StandIn):
            dense = module.dense()
            model.set_submodule(name, plain_linear(dense, module.bias, dense.dtype))
    join_projections(model)
    kind: Any = type(model)
    with torch.device("meta"):
        expected = kind(model.config).state_dict().keys()
    odd = sorted(model.state_dict().keys() ^ expected)
    if odd:
        raise ModelError(
            f"{kind.__name__}: {len(odd)} tensors are not those that transformers loads, first "
            f"{odd[0]}"
        )
