"""Optimizers by name, with parameter groups that know what decays and how fast it learns."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from torch import nn

from bench.attach.attach import Attached
from bench.methods.compose import OptimizerConfig


def build_optimizer(config: OptimizerConfig, attached: Attached) -> torch.optim.Optimizer:
    """AdamW over the trained tensors, in groups of one weight decay and learning rate.

    `ratio` sets the rate of every B apart (LoRA+).
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in attached.trained().items():
        decay = config.weight_decay if attached.decayed(name) else 0.0
        lr = config.lr * (config.ratio if name.endswith(".adapter.B") else 1.0)
        groups[decay, lr].append(parameter)
    listed: list[dict[str, Any]] = [
        {"params": parameters, "weight_decay": decay, "lr": lr}
        for (decay, lr), parameters in groups.items()
    ]
    return torch.optim.AdamW(
        listed, lr=config.lr, betas=(config.beta1, config.beta2), eps=config.eps
    )
