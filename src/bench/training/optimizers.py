"""Optimizers by name, with parameter groups that know what decays and how fast it learns."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from torch import nn

from bench.attach.attach import Attached
from bench.errors import ConfigError
from bench.methods.compose import OptimizerConfig


def multiplies_last(name: str) -> bool:
    """Whether a trained tensor is an update's matrix B, or a part of it (B0)."""
    return name.rpartition(".adapter.")[2].startswith("B") and ".adapter." in name


def build_optimizer(config: OptimizerConfig, attached: Attached) -> torch.optim.Optimizer:
    """AdamW over the trained tensors, in groups of one weight decay and learning rate.

    `ratio` sets the rate of every B apart (LoRA+); a ConfigError where there is none. On a GPU
    it is torch's fused AdamW with its numbers on the device, so that a step waits for nothing
    and can be captured. A group's `peak_lr` is the highest rate of its schedule.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in attached.trained().items():
        decay = config.weight_decay if attached.decayed(name) else 0.0
        lr = config.lr * (config.ratio if multiplies_last(name) else 1.0)
        groups[decay, lr].append(parameter)
    if config.ratio != 1.0 and not any(map(multiplies_last, attached.trained())):
        raise ConfigError(
            f"method.optimizer.ratio={config.ratio}: {attached.method.name} trains no matrix B"
        )
    device = next(attached.model.parameters()).device
    on_gpu = device.type == "cuda"
    listed: list[dict[str, Any]] = [
        {
            "params": parameters,
            "weight_decay": decay,
            "lr": torch.tensor(lr, device=device) if on_gpu else lr,
            "peak_lr": lr,
        }
        for (decay, lr), parameters in groups.items()
    ]
    return torch.optim.AdamW(
        listed,
        lr=config.lr,
        betas=(config.beta1, config.beta2),
        eps=config.eps,
        fused=on_gpu or None,
        capturable=on_gpu,
    )
