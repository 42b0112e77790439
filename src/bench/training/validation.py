"""The validation loss, and when it is measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

from bench.errors import DivergedError
from bench.training.batches import Line, collate, in_order
from bench.training.step import summed_loss


@torch.no_grad()
def validation_loss(
    model: PreTrainedModel, lines: Sequence[Line], batch_size: int, padding: int, *, autocast: bool
) -> float:
    """Cross-entropy per position with loss, without smoothing or dropout."""
    device = next(model.parameters()).device
    model.eval()
    total, targets = 0.0, 0
    for indices in in_order(lines, batch_size):
        batch = collate([lines[index] for index in indices], padding)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
            total += float(summed_loss(model, batch.to(device), 0.0))
        targets += batch.targets
    if not math.isfinite(total):
        raise DivergedError(
            "the validation loss is not a finite number; lower method.optimizer.lr "
            "or set train.clip_norm=1.0"
        )
    return total / targets


def evaluation_steps(steps: int, evaluations: int) -> frozenset[int]:
    """Steps after which validation is measured: evenly spread, the last one at the end."""
    return frozenset(round(steps * k / evaluations) for k in range(1, evaluations + 1)) - {0}
