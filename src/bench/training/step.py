"""The loss of a batch, and one eager optimizer step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from bench.attach.attach import Attached
from bench.training.batches import Batch
from bench.training.hooks import Hooks


def mean_loss(
    model: PreTrainedModel, batches: Sequence[Batch], *, smoothing: float, autocast: bool
) -> Tensor:
    """Loss per target over `batches` together: a scalar with a graph."""
    targets = sum(batch.targets for batch in batches)
    with torch.autocast(
        next(model.parameters()).device.type, dtype=torch.bfloat16, enabled=autocast
    ):
        return torch.stack([b.summed_loss(model, smoothing) for b in batches]).sum() / targets


def optimizer_step(
    attached: Attached,
    optimizer: torch.optim.Optimizer,
    hooks: Hooks,
    batches: Sequence[Batch],
    *,
    smoothing: float,
    clip_norm: float | None,
    autocast: bool,
) -> Tensor:
    """One step over `batches` (gradient accumulation); the mean loss per target, detached.

    The mean is over the targets of all batches together, so accumulation gives the
    same step as one large batch.
    """
    model = attached.model
    targets = sum(batch.targets for batch in batches)
    device = next(model.parameters()).device
    total = torch.zeros((), device=device)
    for batch in batches:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
            loss = batch.summed_loss(model, smoothing) / targets
        total += loss.detach()
        loss.backward()
    for term in hooks.extra_losses():
        term.backward()
    hooks.gradient()
    if clip_norm is not None:
        nn.utils.clip_grad_norm_(attached.trained().values(), clip_norm)
    optimizer.step()
    optimizer.zero_grad()
    hooks.end()
    return total
