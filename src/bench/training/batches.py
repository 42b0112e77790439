"""Tokenised examples, and batches of similar length.

A line is `context <end> text <end>`, with the loss on the text and the last end token
only (the protocol of the LoRA and LoRMA scripts for GPT-2). Batches hold lines of
similar length, so that hardly any padding is computed on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from bench.errors import DataError
from bench.seeds import derive
from bench.tasks.base import Pair

WINDOW = 64
"""Batches that are sorted by length together: enough to hardly pad, few enough to stay mixed."""

IGNORED = -100
"""Label of a position without loss, as torch's cross-entropy takes it."""


@dataclass(frozen=True)
class Line:
    """One tokenised example; positions from `start` on carry loss."""

    ids: tuple[int, ...]
    start: int


@dataclass(frozen=True)
class Batch:
    """Right-padded lines: ids, mask and labels are (batch, length)."""

    ids: Tensor
    mask: Tensor
    labels: Tensor

    @property
    def targets(self) -> int:
        """Number of positions with loss."""
        return int((self.labels[:, 1:] != IGNORED).sum())

    @property
    def tokens(self) -> int:
        """Number of real tokens, padding left out."""
        return int(self.mask.sum())

    def to(self, device: torch.device) -> Batch:
        """Copy to `device`."""
        return Batch(self.ids.to(device), self.mask.to(device), self.labels.to(device))


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around every context."""

    before: tuple[int, ...] = ()
    """Identifiers of virtual tokens."""
    behind: tuple[int, ...] = ()
    end: bool = True
    """Whether the end token separates the context from the text."""


BARE = Frame()
"""`context <end>`."""


def contexts(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], frame: Frame = BARE
) -> list[list[int]]:
    """`context <end>` of each text: what a model is prompted with."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    end = (tokenizer.eos_token_id,) if frame.end else ()
    return [[*frame.before, *ids, *frame.behind, *end] for ids in encoded]


def tokenise(
    tokenizer: PreTrainedTokenizerBase,
    pairs: Sequence[Pair],
    max_tokens: int,
    frame: Frame = BARE,
) -> list[Line]:
    """Lines of at most `max_tokens` tokens; one whose text would be cut off whole is an error."""
    prompts = contexts(tokenizer, [pair.context for pair in pairs], frame)
    texts = [f" {pair.text}" for pair in pairs]
    bodies = tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
    lines = []
    for number, (prompt, body) in enumerate(zip(prompts, bodies, strict=True), start=1):
        if len(prompt) >= max_tokens:
            raise DataError(
                f"training row {number}: its context alone has {len(prompt)} tokens; "
                f"raise task.max_tokens above {max_tokens}"
            )
        ids = (*prompt, *body, tokenizer.eos_token_id)[:max_tokens]
        lines.append(Line(ids, len(prompt)))
    return lines


def collate(lines: Sequence[Line], padding: int) -> Batch:
    """Pad lines on the right to the longest of them."""
    longest = max(len(line.ids) for line in lines)
    ids = torch.full((len(lines), longest), padding, dtype=torch.long)
    mask = torch.zeros((len(lines), longest), dtype=torch.long)
    labels = torch.full((len(lines), longest), IGNORED, dtype=torch.long)
    for row, line in enumerate(lines):
        length = len(line.ids)
        ids[row, :length] = torch.tensor(line.ids)
        mask[row, :length] = 1
        labels[row, line.start : length] = ids[row, line.start : length]
    return Batch(ids, mask, labels)


def epoch_order(
    lengths: Sequence[int], batch_size: int, generator: torch.Generator
) -> list[list[int]]:
    """Indices of one epoch's batches: every example once, similar lengths together.

    Examples are shuffled, sorted by length within windows of some batches, cut into
    batches, and the batches shuffled. The last, smaller batch is kept.
    """
    shuffled = torch.randperm(len(lengths), generator=generator).tolist()
    span = batch_size * WINDOW
    cut = []
    for begin in range(0, len(shuffled), span):
        window = sorted(shuffled[begin : begin + span], key=lambda index: lengths[index])
        cut += [window[at : at + batch_size] for at in range(0, len(window), batch_size)]
    order = torch.randperm(len(cut), generator=generator).tolist()
    return [cut[index] for index in order]


def stream(
    lines: Sequence[Line], batch_size: int, accumulation: int, seed: int, padding: int
) -> Iterator[tuple[float, list[Batch]]]:
    """The batches of each optimizer step, for ever, with the epochs done after it.

    The order depends on the seed alone, so every method sees the same batches.
    """
    generator = torch.Generator().manual_seed(derive(seed, "order"))
    lengths = [len(line.ids) for line in lines]
    done, held = 0, list[Batch]()
    while True:
        for indices in epoch_order(lengths, batch_size, generator):
            held.append(collate([lines[index] for index in indices], padding))
            done += len(indices)
            if len(held) == accumulation:
                yield done / len(lines), held
                held = []


def in_order(lines: Sequence[Line], batch_size: int) -> list[list[int]]:
    """Indices of batches for evaluation: the longest first, so that memory peaks at once."""
    order = sorted(range(len(lines)), key=lambda index: -len(lines[index].ids))
    return [order[at : at + batch_size] for at in range(0, len(order), batch_size)]
