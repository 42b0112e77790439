"""HF PEFT's own form of the methods that it has too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

import torch
from peft import AdaLoraConfig, LoraConfig, PeftConfig, get_peft_model
from torch import Tensor, nn

from bench.attach.attach import Attached
from bench.methods.compose import MethodConfig
from bench.methods.plugin import Moment, Plugin, structure
from bench.methods.rank_allocation import RankAllocation
from bench.models.parts import linears
from bench.models.quiet import quiet

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Configure = Callable[[MethodConfig, list[str], int], PeftConfig]
"""PEFT's configuration of a method on the maps with the given names, for a number of steps."""


def lora(method: MethodConfig, targets: list[str], _: int, **options: Any) -> LoraConfig:
    """LoRA, or what PEFT has as an option of it."""
    update: Any = structure(method)
    return LoraConfig(
        r=update.rank,
        lora_alpha=update.alpha,
        lora_dropout=update.dropout,
        target_modules=targets,
        **options,
    )


def dora(method: MethodConfig, targets: list[str], steps: int) -> LoraConfig:
    """Weight decomposition."""
    return lora(method, targets, steps, use_dora=True)


def olora(method: MethodConfig, targets: list[str], steps: int) -> LoraConfig:
    """A start at an orthonormal basis."""
    return lora(method, targets, steps, init_lora_weights="olora")


def adalora(method: MethodConfig, targets: list[str], steps: int) -> AdaLoraConfig:
    """A budget of components."""
    update: Any = method.update
    allocation = allocation_of(method)
    first, last = allocation.phases(steps)
    return AdaLoraConfig(
        init_r=update.rank,
        target_r=allocation.target_rank,
        lora_alpha=update.alpha,
        lora_dropout=update.dropout,
        tinit=first,
        tfinal=steps - last,
        deltaT=allocation.interval,
        beta1=allocation.beta1,
        beta2=allocation.beta2,
        orth_reg_weight=allocation.orthogonality,
        total_step=steps,
        target_modules=targets,
    )


TWINS: Mapping[str, Configure] = {"lora": lora, "dora": dora, "olora": olora, "adalora": adalora}
"""By the method's name. PEFT's other methods are not in the list, or, like VeRA, are PEFT's
layers here too."""

NAMES = {"lora_A": "A", "lora_B": "B", "lora_E": "e", "lora_magnitude_vector": "m"}
"""PEFT's names of tensors, and those of the equations."""


def allocation_of(method: MethodConfig) -> RankAllocation:
    """The plugin that shares out the budget."""
    return next(plugin for plugin in method.plugins if isinstance(plugin, RankAllocation))


@dataclass(frozen=True, kw_only=True)
class PeftAllocation(Plugin):
    """PEFT's own allocation of ranks, called while the gradients that it scores by are there."""

    tuner: nn.Module
    weight: float
    """Of the orthogonality loss, which PEFT adds inside its own forward pass only."""

    def extra_loss(self, now: Moment) -> Tensor:
        """The mean distance from orthonormal, map by map as PEFT computes it."""
        rows = [
            tensor if ".lora_A." in name else tensor.mT
            for name, tensor in now.model.named_parameters()
            if ".lora_A." in name or ".lora_B." in name
        ]
        distances = [(M @ M.mT - torch.eye(len(M), device=M.device)).norm() for M in rows]
        return self.weight * torch.stack(distances).mean()

    def gradient(self, now: Moment) -> None:
        """Score the components, and prune where it is time."""
        tuner: Any = self.tuner
        tuner.update_and_allocate(now.step)


def peft_twin(
    model: PreTrainedModel,
    method: MethodConfig,
    head: frozenset[str],
    values: Mapping[str, Tensor],
    steps: int,
) -> Attached:
    """PEFT's form of a method on `model`, started at the `values` of ours, by their names."""
    names = {module: name for name, module in model.named_modules()}
    targets = [names[place.linear] for place in linears(model, method.parts)]
    with quiet(), catch_warnings():
        # Of transformers, for what PEFT asks it.
        simplefilter("ignore", FutureWarning)
        wrapped: Any = get_peft_model(model, TWINS[method.name](method, targets, steps))
    inner = wrapped.get_base_model()
    with torch.no_grad():
        for name, parameter in inner.named_parameters():
            if name in head:
                parameter.requires_grad_()
            if ".ranknum." in name:
                # A constant of AdaLoRA, which PEFT leaves to train where it casts it from bf16.
                parameter.requires_grad_(requires_grad=False)
            if parameter.requires_grad:
                parameter.copy_(values[our_name(name)].reshape(parameter.shape))
    plugins: tuple[Plugin, ...] = ()
    if method.plugins:
        weight = allocation_of(method).orthogonality
        plugins = (PeftAllocation(tuner=wrapped.base_model, weight=weight),)
    return Attached(inner, replace(method, plugins=plugins), head)


def our_name(name: str) -> str:
    """The name in our model of a tensor that PEFT trains."""
    for theirs, ours in NAMES.items():
        path, found, _ = name.partition(f".{theirs}.")
        if found:
            return f"{path}.adapter.{ours}"
    return name
