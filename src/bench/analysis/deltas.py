"""Weight updates of a run: ΔW = W' − W of every adapted map, for every method that merges.

W is the pretrained weight, in the precision that the run kept it in; what an `init` or a
`base` of the method does to it is therefore part of ΔW. Where the update is a LoRMA, T is
the multiplier of W: W' = T W or W T. Both are formed in float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from bench.attach.linear import AdaptedLinear
from bench.config import Cell
from bench.errors import NotMergeableError
from bench.machine import usable_cores
from bench.material import Material
from bench.methods.lorma import Multiplicative
from bench.methods.magnitude import Magnitude
from bench.models.dense import dense_weight
from bench.models.parts import FAMILIES, family, linears
from bench.sitting import Sitting
from bench.stages import Job
from bench.store.folder import RunFolder
from bench.tracking import Tracker

if TYPE_CHECKING:
    from bench.models.dense import LinearMap


@dataclass(frozen=True, kw_only=True)
class Change:
    """What training did to one map."""

    map: str
    """Name in the model."""
    block: int
    part: str
    update: Tensor
    """ΔW (o, i)."""
    multiplier: Tensor | None
    """T (o, o) or (i, i); nothing where the update is not a LoRMA."""


def changes(
    cell: Cell, folder: RunFolder, state: Mapping[str, Tensor], blocks: frozenset[int] | None
) -> Iterator[Change]:
    """The change of each map that the method adapts, or of all maps where it names no parts.

    `state` are the trained tensors; `blocks` limits the blocks. Loads the model anew.
    Raises NotMergeableError, with the reason, where no plain weight stands for the method.
    """
    job = Job(cell, Material(), folder, Sitting(tracker=Tracker(folder)), usable_cores())
    model = job.loaded.model
    names = {id(module): name for name, module in model.named_modules()}
    before = [
        (names[id(place.linear)], place.block, place.part, dense_weight(place.linear).clone())
        for place in linears(model, cell.method.parts or FAMILIES[family(model)])
        if blocks is None or place.block in blocks
    ]
    attached = job.attached
    attached.load_state(dict(state))
    try:
        if cell.method.insert is not None:
            cell.method.insert.merge(model)
        for name, block, part, weight in before:
            module = model.get_submodule(name)
            update = merged(module) - weight.double()
            yield Change(
                map=name, block=block, part=part, update=update, multiplier=multiplier(module)
            )
    except NotMergeableError as error:
        raise NotMergeableError(f"method={cell.method.name}: cannot be merged: {error}") from None


@torch.no_grad()
def merged(module: nn.Module) -> Tensor:
    """W' (o, i) of an adapted or a plain map, in float64."""
    if isinstance(module, AdaptedLinear):
        return module.merged(torch.float64)
    return dense_weight(cast("LinearMap", module)).double()


@torch.no_grad()
def multiplier(module: nn.Module) -> Tensor | None:
    """T of a LoRMA, with or without trained norms of the rows: what it makes of W = I."""
    if not isinstance(module, AdaptedLinear):
        return None
    update = module.update.inner if isinstance(module.update, Magnitude) else module.update
    if not isinstance(update, Multiplicative):
        return None
    tensors = {name: tensor.double() for name, tensor in module.tensors().items()}
    width = update.width(module.base.out_features, module.base.in_features)
    return update.merged(torch.eye(width, dtype=torch.float64), tensors)
