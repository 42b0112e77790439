"""The joint model: one skeleton on the frozen tensors, with the updates of all runs in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from bench.attach.attach import Attached, adapted_maps
from bench.models.attention import IMPLEMENTATION, REPLACED
from bench.models.fused import fuse_activations
from bench.models.quiet import quiet
from bench.packed.linear import PackedLinear
from bench.packed.skeleton import shared_copy


@dataclass(frozen=True, kw_only=True)
class Joint:
    """A model that takes the rows of all runs, those of the first run first."""

    model: PreTrainedModel
    leaves: tuple[tuple[Tensor, list[nn.Parameter]], ...]
    """Every tensor that trains, with the runs' parameters that it stands for: itself, or one a
    run, which are its rows."""

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    def hand_out(self, gradients: Sequence[Tensor]) -> None:
        """Give every run's parameters their part of the gradients of the leaves."""
        for (_, parameters), gradient in zip(self.leaves, gradients, strict=True):
            # In the order of the parameters in memory, which fused optimizers ask for.
            whole = gradient.contiguous()
            parts = whole if len(parameters) > 1 else (whole,)
            for parameter, part in zip(parameters, parts, strict=True):
                parameter.grad = part


def joined(base: PreTrainedModel, runs: Sequence[Attached]) -> Joint:
    """The joint model of runs whose models are copies of `base` that share its tensors.

    Neighbours with equal updates are computed together, so that runs of a kind should follow
    each other. The runs' models go on working by themselves.
    """
    model = shared_copy(base)
    model.requires_grad_(requires_grad=False)
    fuse_activations(model)
    names = dict.fromkeys(name for run in runs for name in adapted_maps(run.model))
    leaves: list[tuple[Tensor, list[nn.Parameter]]] = []
    for name in names:
        above, _, attribute = name.rpartition(".")
        parent = model.get_submodule(above)
        layers = [run.model.get_submodule(name) for run in runs]
        packed = PackedLinear(getattr(parent, attribute), layers)
        setattr(parent, attribute, packed)
        leaves += packed.leaves()
    missed = {id(p) for run in runs for p in run.trained().values()} - {
        id(parameter) for _, parameters in leaves for parameter in parameters
    }
    if missed:
        raise ValueError(f"{len(missed)} trained tensors are outside the adapted linear maps")
    if model.config._attn_implementation == REPLACED:
        with quiet():
            model.set_attn_implementation(IMPLEMENTATION)
    return Joint(model=model.train(), leaves=tuple(leaves))
