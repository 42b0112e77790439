"""Frozen weights in a cheaper form: sparse, or as a product of two thin matrices.

Query, key and value of a block are approximated together, as one matrix with their rows
stacked (the paper's W_proj = [Wq, Wk, Wv], transposed), so that a large one keeps more
than a small one (Liu et al., section 2.2, MERL TR2025-130).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from bench.errors import ConfigError
from bench.models.dense import StandIn, required_plain
from bench.models.parts import Place, linears
from bench.models.shape import ATTENTION


def keep_largest(weight: Tensor, fraction: float) -> Tensor:
    """The `fraction` of entries of the largest magnitude, zeros elsewhere.

    At least one entry stays; of equal ones at the limit those that come first in memory.
    """
    size = weight.abs().float().flatten()
    count = max(1, round(fraction * len(size)))
    limit = size.kthvalue(len(size) - count + 1).values
    above, tied = size > limit, size == limit
    kept = above | (tied & (tied.cumsum(0) <= count - above.sum()))
    return weight * kept.view_as(weight)


def truncate(weight: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Factors up (o, rank) and down (rank, i) of the best approximation of that rank, fp32.

    The rows of `down` are the leading right singular vectors, found as eigenvectors of WᵀW
    in fp64, and `up` is W times them: exact for the full rank, whatever the vectors' error.
    """
    W = weight.double()
    _, vectors = torch.linalg.eigh(W.mT @ W)
    down = vectors[:, -rank:].mT.flip(0)
    return (W @ down.mT).float(), down.float().contiguous()


class LowRankLinear(StandIn):
    """A frozen map with weight `up @ down`; `down` may be another map's as well."""

    def __init__(self, up: Tensor, down: nn.Parameter, bias: Tensor | None) -> None:
        super().__init__(down.shape[1], up.shape[0], bias)
        self.up = nn.Parameter(up, requires_grad=False)
        self.down = down

    def dense(self) -> Tensor:
        """W (o, i)."""
        return self.up @ self.down

    def product(self, x: Tensor) -> Tensor:
        """Two thin products, of which the maps of a block each do the first for themselves."""
        return x @ self.down.mT @ self.up.mT

    @property
    def device(self) -> torch.device:
        """Where its factors are."""
        return self.up.device


def _projections(model: PreTrainedModel) -> Iterator[list[Place]]:
    """Query, key and value of each block."""
    places = list(linears(model, ATTENTION))
    for _, block in groupby(places, key=lambda place: place.block):
        yield list(block)


@torch.no_grad()
def sparsify(model: PreTrainedModel, keep: float) -> None:
    """Set all but the largest entries of query, key and value to zero, in place."""
    for block in _projections(model):
        maps = [required_plain(place.linear, "sparse") for place in block]
        joint = keep_largest(torch.cat([linear.weight for linear in maps]), keep)
        rows = joint.split([linear.out_features for linear in maps])
        for linear, weight in zip(maps, rows, strict=True):
            linear.weight.copy_(weight)


@torch.no_grad()
def factorise(model: PreTrainedModel, rank: int) -> None:
    """Replace query, key and value by factors of one joint product, in place."""
    for block in _projections(model):
        maps = [required_plain(place.linear, "low_rank") for place in block]
        joint = torch.cat([linear.weight for linear in maps])
        if rank > min(joint.shape):
            o, i = joint.shape
            raise ConfigError(
                f"method.base.low_rank.rank={rank}: query, key and value of a block are "
                f"together {o} x {i} here; must be 1 to {min(o, i)}"
            )
        up, down = (factor.to(joint.dtype) for factor in truncate(joint, rank))
        shared = nn.Parameter(down, requires_grad=False)
        rows = up.split([linear.out_features for linear in maps])
        for place, linear, part in zip(block, maps, rows, strict=True):
            setattr(place.parent, place.attribute, LowRankLinear(part.clone(), shared, linear.bias))
