"""Batches of many runs as one: the same number of lines for each, and one length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from bench.models.attention import causal_mask
from bench.tensors.sizes import round_up
from bench.training.fixed import LENGTH, POSITIONS, text_loss
from bench.training.text import IGNORED, TextBatch


@dataclass(frozen=True, kw_only=True)
class PackedText:
    """Lines of K runs of a generation task, b lines each, and where their loss is.

    Ids (K·b, L); positions, labels (K, n), the position before each label as an index into the
    b·L of its run; targets (K,), what each run's sum is divided by. All that a step depends on
    is in these tensors.
    """

    ids: Tensor
    positions: Tensor
    labels: Tensor
    targets: Tensor

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Ids, positions, labels, targets."""
        return self.ids, self.positions, self.labels, self.targets

    def with_tensors(self, tensors: Sequence[Tensor]) -> PackedText:
        """The same with other tensors of the same shapes."""
        ids, positions, labels, targets = tensors
        return replace(self, ids=ids, positions=positions, labels=labels, targets=targets)

    def hidden(self, model: PreTrainedModel) -> Tensor:
        """The last states of all lines, of one run after the other: (K, b·L, d).

        Lines are padded on the right, and no position sees one behind it: padding needs no mask.
        """
        mask = causal_mask(model, self.ids.shape[1])
        found = model.base_model(input_ids=self.ids, attention_mask=mask, use_cache=False)
        states: Tensor = found[0]
        return states.reshape(len(self.targets), -1, states.shape[-1])

    def losses(self, states: Tensor, head: nn.Module, smoothing: float) -> tuple[Tensor, Tensor]:
        """Cross-entropy of each run over its targets (K,), and the gradient by its own states.

        Run by run, with the logits forgotten before the next: they are the largest tensors of a
        step.
        """
        found = []
        for run, own in enumerate(states.detach()):
            seen = own.requires_grad_()
            summed = text_loss(seen, self.positions[run], self.labels[run], head, smoothing)
            loss = summed / self.targets[run]
            # A gradient has the precision of what it is the gradient of, not of the context.
            with torch.autocast(states.device.type, enabled=False):
                (gradient,) = torch.autograd.grad(loss, seen)
            found.append((loss.detach(), gradient))
        losses, gradients = zip(*found, strict=True)
        return torch.stack(losses), torch.stack(gradients)


def packed_text(
    batches: Sequence[TextBatch], targets: Sequence[int], lines: int, padding: int, *, rounded: bool
) -> PackedText:
    """One batch of each run, filled up to as many `lines` each and one length.

    Where `rounded`, lengths and numbers of positions are multiples, so that there are few
    shapes. What is filled up bears no loss. A run whose step is made of more than one batch has
    the `targets` of all of them.
    """
    length = round_up(max(batch.ids.shape[1] for batch in batches), LENGTH if rounded else 1)
    found = [(batch.labels[:, 1:] != IGNORED).nonzero(as_tuple=True) for batch in batches]
    space = round_up(max(len(line) for line, _ in found), POSITIONS if rounded else 1)
    ids = torch.full((len(batches), lines, length), padding, dtype=torch.long)
    positions = torch.zeros((len(batches), space), dtype=torch.long)
    labels = torch.full((len(batches), space), IGNORED, dtype=torch.long)
    for run, (batch, (line, at)) in enumerate(zip(batches, found, strict=True)):
        rows, width = batch.ids.shape
        ids[run, :rows, :width] = batch.ids
        positions[run, : len(line)] = line * length + at
        labels[run, : len(line)] = batch.labels[line, at + 1]
    return PackedText(
        ids=ids.flatten(0, 1),
        positions=positions,
        labels=labels,
        targets=torch.tensor(targets, dtype=torch.float32),
    )
