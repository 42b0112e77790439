"""The loss of a batch, and one eager optimizer step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from bench.attach.attach import Attached
from bench.training.batches import IGNORED, Batch
from bench.training.hooks import Hooks


def summed_loss(model: PreTrainedModel, batch: Batch, smoothing: float) -> Tensor:
    """Cross-entropy summed over the positions with loss, in fp32: a scalar.

    The head is applied at those positions only; logits of a whole batch would be the
    largest tensor of the step. Smoothing spreads its share over the whole vocabulary,
    the target included.
    """
    hidden = model.base_model(input_ids=batch.ids, attention_mask=batch.mask)[0]
    targets = batch.labels[:, 1:]
    wanted = targets != IGNORED
    logits = model.get_output_embeddings()(hidden[:, :-1][wanted])
    return functional.cross_entropy(
        logits.float(), targets[wanted], reduction="sum", label_smoothing=smoothing
    )


def mean_loss(
    model: PreTrainedModel, batches: Sequence[Batch], *, smoothing: float, autocast: bool
) -> Tensor:
    """Loss per position over `batches` together: a scalar with a graph."""
    targets = sum(batch.targets for batch in batches)
    with torch.autocast(batches[0].ids.device.type, dtype=torch.bfloat16, enabled=autocast):
        return torch.stack([summed_loss(model, b, smoothing) for b in batches]).sum() / targets


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
    """One step over `batches` (gradient accumulation); the mean loss per position, detached.

    The mean is over the positions of all batches together, so accumulation gives the
    same step as one large batch.
    """
    model = attached.model
    targets = sum(batch.targets for batch in batches)
    device = batches[0].ids.device
    total = torch.zeros((), device=device)
    for batch in batches:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
            loss = summed_loss(model, batch, smoothing) / targets
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
