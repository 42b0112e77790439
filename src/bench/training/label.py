"""Lines and batches of a classification task: one label a line.

A line is the tokenizer's own frame of one text or a pair of texts (`<cls> a <sep> b <sep>`),
cut to a number of tokens by shortening the longer of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from bench.tasks.base import Labelled


@dataclass(frozen=True)
class LabelLine:
    """One tokenised example."""

    ids: tuple[int, ...]
    segments: tuple[int, ...] | None
    """0 for the first text, 1 for the second, where the model tells them apart."""
    label: float

    @staticmethod
    def collate(lines: Sequence[LabelLine], padding: int) -> LabelBatch:
        """Pad lines on the right to the longest of them."""
        shape = (len(lines), max(len(line.ids) for line in lines))
        ids = torch.full(shape, padding, dtype=torch.long)
        mask, segments = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
        for row, line in enumerate(lines):
            length = len(line.ids)
            ids[row, :length] = torch.tensor(line.ids)
            mask[row, :length] = 1
            if line.segments is not None:
                segments[row, :length] = torch.tensor(line.segments)
        labels = torch.tensor([line.label for line in lines], dtype=torch.float32)
        return LabelBatch(ids, mask, segments if lines[0].segments is not None else None, labels)


@dataclass(frozen=True)
class LabelBatch:
    """Right-padded lines: ids, mask and segments are (batch, length), labels (batch,)."""

    ids: Tensor
    mask: Tensor
    segments: Tensor | None
    labels: Tensor

    @property
    def targets(self) -> int:
        """Number of lines."""
        return len(self.labels)

    @property
    def tokens(self) -> int:
        """Number of real tokens, padding left out."""
        return int(self.mask.sum())

    def to(self, device: torch.device) -> LabelBatch:
        """Copy to `device`."""
        segments = None if self.segments is None else self.segments.to(device)
        return LabelBatch(
            self.ids.to(device), self.mask.to(device), segments, self.labels.to(device)
        )

    def cut(self, pieces: int) -> list[LabelBatch]:
        """The same lines in as many parts, or one line each where there are fewer."""
        ids, mask, labels = (held.chunk(pieces) for held in (self.ids, self.mask, self.labels))
        segments = [None] * len(ids) if self.segments is None else self.segments.chunk(pieces)
        return [LabelBatch(*part) for part in zip(ids, mask, segments, labels, strict=True)]

    def logits(self, model: PreTrainedModel) -> Tensor:
        """(batch, classes) in fp32; one column where the task is a regression."""
        given = {} if self.segments is None else {"token_type_ids": self.segments}
        logits: Tensor = model(input_ids=self.ids, attention_mask=self.mask, **given).logits
        return logits.float()

    def summed_loss(self, model: PreTrainedModel, smoothing: float) -> Tensor:
        """Cross-entropy, or the squared error of a regression, summed over lines: a scalar."""
        logits = self.logits(model)
        if logits.shape[1] == 1:
            return functional.mse_loss(logits[:, 0], self.labels, reduction="sum")
        return functional.cross_entropy(
            logits, self.labels.long(), reduction="sum", label_smoothing=smoothing
        )


def tokenise_labelled(
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[Labelled],
    max_tokens: int,
    virtual: tuple[tuple[int, ...], tuple[int, ...]] = ((), ()),
) -> list[LabelLine]:
    """Lines of at most `max_tokens` tokens, in the order of the examples.

    `virtual` are identifiers of virtual tokens: the first stand before the text, behind the
    `<cls>` that a head may read, the second at the end of the line.
    """
    if not examples:
        return []
    before, behind = virtual
    pairs = examples[0].second is not None
    encoded = tokenizer(
        [one.first for one in examples],
        [one.second for one in examples] if pairs else None,
        truncation=True,
        max_length=max_tokens - len(before) - len(behind),
    )
    segments = encoded.get("token_type_ids") or [None] * len(examples)
    lines = []
    for ids, types, one in zip(encoded["input_ids"], segments, examples, strict=True):
        start = int(bool(ids) and ids[0] == tokenizer.cls_token_id)
        whole = (*ids[:start], *before, *ids[start:], *behind)
        if types is not None:
            last = types[-1:] * len(behind)
            types = (*types[:start], *(0 for _ in before), *types[start:], *last)  # noqa: PLW2901
        lines.append(LabelLine(whole, types, float(one.label)))
    return lines
