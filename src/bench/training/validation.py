"""What is measured on rows that are not trained on, and when."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from transformers import PreTrainedModel

from bench.errors import DivergedError
from bench.training.batches import Batch, Line, collate, in_order

LossOf = Callable[[Batch], Tensor]
"""The summed loss of a batch that is on no device yet, as the model stands: a scalar."""


@dataclass(frozen=True, kw_only=True)
class Validation:
    """Measures of the model as it stands, and which of them tells the best adapter."""

    measure: Callable[[LossOf], dict[str, float]]
    """Given what computes the loss of a batch in the way in which steps are computed."""
    chosen_by: str = "loss"
    better: Literal["higher", "lower"] = "lower"

    def improves(self, measured: dict[str, float], best: dict[str, float] | None) -> bool:
        """Whether `measured` is strictly better than the best so far: the first of equals wins."""
        if best is None:
            return True
        sign = 1 if self.better == "higher" else -1
        return sign * measured[self.chosen_by] > sign * best[self.chosen_by]


@torch.no_grad()
def validation_loss(
    model: PreTrainedModel,
    lines: Sequence[Line],
    batch_size: int,
    padding: int,
    loss_of: LossOf,
) -> float:
    """Loss per target, without smoothing or dropout."""
    model.eval()
    losses, targets = [], 0
    for indices in in_order(lines, batch_size):
        batch = collate([lines[index] for index in indices], padding)
        losses.append(loss_of(batch))
        targets += batch.targets
    # Read at once: each look at a loss waits for the GPU.
    total: float = sum(torch.stack(losses).tolist())
    if not math.isfinite(total):
        raise DivergedError(
            "the validation loss is not a finite number; lower method.optimizer.lr "
            "or set train.clip_norm=1.0"
        )
    return total / targets


def by_loss(
    model: PreTrainedModel, lines: Sequence[Line], batch_size: int, padding: int
) -> Validation:
    """The loss per target, of which the lowest is the best."""

    def measure(loss_of: LossOf) -> dict[str, float]:
        return {"loss": validation_loss(model, lines, batch_size, padding, loss_of)}

    return Validation(measure=measure)


def evaluation_steps(steps: int, evaluations: int) -> frozenset[int]:
    """Steps after which validation is measured: evenly spread, the last one at the end."""
    return frozenset(round(steps * k / evaluations) for k in range(1, evaluations + 1)) - {0}
