"""How many steps, and the learning rate at each of them."""

from __future__ import annotations

import math

from bench.config import TrainConfig


def total_steps(config: TrainConfig, rows: int) -> int:
    """Optimizer steps: `steps`, or as many as `epochs` passes over `rows` take."""
    if config.steps is not None:
        return config.steps
    batches = math.ceil(rows / config.batch_size)
    return math.ceil(config.epochs * batches / config.accumulation)


def warmup_steps(config: TrainConfig, total: int) -> int:
    """Steps of linear rise; never more than there are steps."""
    return min(config.warmup_steps or math.ceil(config.warmup_ratio * total), total)


def lr_factor(config: TrainConfig, step: int, total: int) -> float:
    """Learning rate of step 1 … total, as a fraction of the peak.

    It rises linearly over the warm-up, then falls to 0 just behind the last step.
    """
    warmup = warmup_steps(config, total)
    if step <= warmup:
        return step / warmup
    if config.schedule == "constant":
        return 1.0
    progress = (step - 1 - warmup) / max(total - warmup, 1)
    if config.schedule == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * progress))
    return 1.0 - progress
