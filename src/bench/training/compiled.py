"""Blocks of a model compiled by torch: element-wise work between matrix products is fused.

Every block of a model runs the same code on other tensors, so one compiled block serves all,
and takes seconds where the whole model would take minutes. Sums are then taken in another
order and chance draws other masks than eager operations, so results agree but for rounding
and dropout; from run to run they are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from bench.models.attention import unconditional
from bench.models.compiled import aligned_head, compiled
from bench.models.parts import blocks
from bench.models.quiet import quiet
from bench.models.split import tied_projections
from bench.training.fixed import FixedBatch, FixedText, TextLoss, text_loss

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from bench.config import TrainConfig

WORTH_COMPILING = 1000
"""Steps from which on compiling, which takes half a minute, gains more than it costs."""


@dataclass(kw_only=True)
class Compiling:
    """Whether blocks and the loss are compiled while a step is captured."""

    wanted: bool
    backend: str = "inductor"
    _head: nn.Module | None = None

    @contextmanager
    def active(self, model: PreTrainedModel) -> Iterator[None]:
        """Let `model` compute so meanwhile; validation and decoding see nothing of it."""
        with quiet(), unconditional(model):
            if not self.wanted:
                yield
                return
            with tied_projections(model), compiled(blocks(model), self.backend):
                yield

    def prepared(self, batch: FixedBatch, model: PreTrainedModel) -> FixedBatch:
        """The batch with a compiled loss."""
        return replace(batch, loss=self.loss(model)) if isinstance(batch, FixedText) else batch

    def loss(self, model: PreTrainedModel) -> TextLoss:
        """The loss of text, compiled where that is wanted."""
        if not self.wanted:
            return text_loss
        # Kept here, since a captured step reads it where it is.
        self._head = self._head or aligned_head(model)
        loss: Any = torch.compile(text_loss, dynamic=True, backend=self.backend)
        return partial(on_head, loss, self._head)


def compiling_for(config: TrainConfig, steps: int, *, autocast: bool) -> Compiling:
    """Whether to compile where `steps` are to come: as asked for, or where it gains."""
    wanted = config.compile
    if wanted is None:
        wanted = autocast and steps >= WORTH_COMPILING
    if wanted:
        # Compiled code is kept by torch for each kind of block; that of others is of no use.
        torch._dynamo.reset()
    return Compiling(wanted=wanted)


def on_head(
    loss: Any, head: nn.Module, hidden: Tensor, positions: Tensor, labels: Tensor, *rest: Any
) -> Tensor:
    """`loss` with `head` in place of the model's own, which comes before the smoothing."""
    found: Tensor = loss(hidden, positions, labels, head, rest[-1])
    return found
