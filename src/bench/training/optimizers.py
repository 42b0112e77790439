"""Optimizers by name, with parameter groups that know what decays."""

from __future__ import annotations

import torch

from bench.attach.attach import Attached
from bench.methods.compose import OptimizerConfig


def build_optimizer(config: OptimizerConfig, attached: Attached) -> torch.optim.Optimizer:
    """AdamW over the trained tensors; those that do not decay form a group of their own."""
    trained = attached.trained()
    decayed = [p for name, p in trained.items() if attached.decayed(name)]
    kept = [p for name, p in trained.items() if not attached.decayed(name)]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": kept, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.lr,
        betas=(config.beta1, config.beta2),
        eps=config.eps,
    )
