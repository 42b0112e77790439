"""Batches of a few shapes: what a captured step is replayed with.

A captured step is one for its shapes. So lengths are rounded up, and positions that bear loss
are numbers in a list that is rounded up too; what was added bears no loss.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from bench.models.attention import causal_mask
from bench.tensors.sizes import round_up
from bench.training.batches import Batch
from bench.training.label import LabelBatch
from bench.training.shapes import Shaped
from bench.training.text import IGNORED, TextBatch

LENGTH = 8
"""Lengths are multiples of it."""
POSITIONS = 64
"""Numbers of positions with loss are multiples of it."""

TextLoss = Callable[[Tensor, Tensor, Tensor, nn.Module, float], Tensor]


class FixedBatch(Batch, Shaped, Protocol):
    """A batch whose tensors are all that a step depends on."""


def text_loss(
    hidden: Tensor, positions: Tensor, labels: Tensor, head: nn.Module, smoothing: float
) -> Tensor:
    """Cross-entropy, summed, of the states (batch, length, d) at `positions` (n,): a scalar."""
    chosen = hidden.reshape(-1, hidden.shape[-1]).index_select(0, positions)
    logits = head(chosen).float()
    return functional.cross_entropy(
        logits, labels, ignore_index=IGNORED, reduction="sum", label_smoothing=smoothing
    )


@dataclass(frozen=True, kw_only=True)
class FixedText:
    """Lines of a generation task: ids (batch, length), positions and their labels (n,)."""

    ids: Tensor
    positions: Tensor
    """Index into batch times length of the position before each label."""
    labels: Tensor
    targets: int
    tokens: int
    loss: TextLoss = text_loss

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Ids, positions, labels."""
        return self.ids, self.positions, self.labels

    def with_tensors(self, tensors: Sequence[Tensor]) -> FixedText:
        """Other values."""
        ids, positions, labels = tensors
        return replace(self, ids=ids, positions=positions, labels=labels)

    def to(self, device: torch.device) -> FixedText:
        """Copy to `device`."""
        return self.with_tensors([tensor.to(device) for tensor in self.tensors])

    def cut(self, pieces: int) -> list[FixedText]:
        """Not in parts: a batch is cut before it is given a shape."""
        raise NotImplementedError

    def summed_loss(self, model: PreTrainedModel, smoothing: float) -> Tensor:
        """As TextBatch has it.

        Lines are padded on the right, and no position sees one behind it: padding needs no mask.
        """
        mask = causal_mask(model, self.ids.shape[1])
        hidden = model.base_model(input_ids=self.ids, attention_mask=mask, use_cache=False)[0]
        head = model.get_output_embeddings()
        return self.loss(hidden, self.positions, self.labels, head, smoothing)


@dataclass(frozen=True, kw_only=True)
class FixedLabels:
    """Lines of a classification task."""

    batch: LabelBatch
    """Padded to a round length."""
    targets: int
    tokens: int

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Ids, mask, labels, and segments where there are any."""
        held = self.batch
        segments = () if held.segments is None else (held.segments,)
        return held.ids, held.mask, held.labels, *segments

    def with_tensors(self, tensors: Sequence[Tensor]) -> FixedLabels:
        """Other values."""
        ids, mask, labels, *segments = tensors
        return replace(self, batch=LabelBatch(ids, mask, segments[0] if segments else None, labels))

    def to(self, device: torch.device) -> FixedLabels:
        """Copy to `device`."""
        return self.with_tensors([tensor.to(device) for tensor in self.tensors])

    def cut(self, pieces: int) -> list[FixedLabels]:
        """Not in parts: a batch is cut before it is given a shape."""
        raise NotImplementedError

    def summed_loss(self, model: PreTrainedModel, smoothing: float) -> Tensor:
        """As LabelBatch has it.

        transformers takes a mask of four dimensions as it is: true where a key is seen.
        """
        rows, length = self.batch.ids.shape
        seen = self.batch.mask.bool()[:, None, None, :].expand(rows, 1, length, length)
        return replace(self.batch, mask=seen).summed_loss(model, smoothing)


def placed(batch: Batch, padding: int, device: torch.device) -> FixedText | FixedLabels:
    """In a fixed shape; for a GPU, in memory that it copies from by itself."""
    made = fixed(batch, padding)
    if device.type != "cuda":
        return made
    return made.with_tensors([tensor.pin_memory() for tensor in made.tensors])


def fixed(batch: Batch, padding: int) -> FixedText | FixedLabels:
    """The same lines in one of a few shapes; a TypeError for a kind of batch that has none."""
    if isinstance(batch, TextBatch):
        return fixed_text(batch, padding)
    if isinstance(batch, LabelBatch):
        return fixed_labels(batch, padding)
    raise TypeError(f"{type(batch).__name__}: has no form of a fixed shape")


def fixed_text(batch: TextBatch, padding: int) -> FixedText:
    """Lines of a generation task."""
    length = batch.ids.shape[1]
    width = round_up(length, LENGTH)
    line, at = (batch.labels[:, 1:] != IGNORED).nonzero(as_tuple=True)
    space = round_up(len(at), POSITIONS) - len(at)
    ids = functional.pad(batch.ids, (0, width - length), value=padding)
    return FixedText(
        ids=ids,
        positions=functional.pad(line * width + at, (0, space)),
        labels=functional.pad(batch.labels[line, at + 1], (0, space), value=IGNORED),
        targets=len(at),
        tokens=batch.tokens,
    )


def fixed_labels(batch: LabelBatch, padding: int) -> FixedLabels:
    """Lines of a classification task."""
    length = batch.ids.shape[1]
    more = round_up(length, LENGTH) - length
    ids = functional.pad(batch.ids, (0, more), value=padding)
    mask = functional.pad(batch.mask, (0, more))
    segments = None if batch.segments is None else functional.pad(batch.segments, (0, more))
    held = LabelBatch(ids, mask, segments, batch.labels)
    return FixedLabels(batch=held, targets=batch.targets, tokens=batch.tokens)
