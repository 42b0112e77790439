"""Batches of similar length, in an order that depends on the seed alone.

What a line and a batch are depends on the kind of task: text.py has those of generation,
label.py those of classification.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, Self

import torch
from torch import Tensor
from transformers import PreTrainedModel

from bench.seeds import derive

WINDOW = 64
"""Batches that are sorted by length together: enough to hardly pad, few enough to stay mixed."""


class Batch(Protocol):
    """Padded lines that go through the model together."""

    @property
    def targets(self) -> int:
        """What the loss is divided by: positions or lines that bear it."""

    @property
    def tokens(self) -> int:
        """Number of real tokens, padding left out."""

    def to(self, device: torch.device) -> Self:
        """Copy to `device`."""

    def cut(self, pieces: int) -> list[Self]:
        """The same lines in as many parts, or one line each where there are fewer."""

    def summed_loss(self, model: PreTrainedModel, smoothing: float) -> Tensor:
        """Loss summed over the targets, in fp32: a scalar.

        `smoothing` spreads its share of the probability over all choices, the right one
        included.
        """


class Line(Protocol):
    """One tokenised example."""

    @property
    def ids(self) -> Sequence[int]:
        """Its tokens."""

    @staticmethod
    def collate(lines: Sequence[Any], padding: int) -> Batch:
        """Pad lines of this kind on the right to the longest of them."""


def collate(lines: Sequence[Line], padding: int) -> Batch:
    """Pad lines on the right to the longest of them."""
    return lines[0].collate(lines, padding)


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
    lines: Sequence[Line],
    batch_size: int,
    accumulation: int,
    seed: int,
    padding: int,
    *,
    begin: int = 0,
) -> Iterator[tuple[float, list[Batch]]]:
    """The batches of each optimizer step behind `begin`, for ever, with the epochs done after it.

    The order depends on the seed alone, so every method sees the same batches.
    """
    generator = torch.Generator().manual_seed(derive(seed, "order"))
    lengths = [len(line.ids) for line in lines]
    done, passed, held = 0, 0, list[Batch]()
    while True:
        for indices in epoch_order(lengths, batch_size, generator):
            done += len(indices)
            passed += 1
            if passed <= begin * accumulation:
                continue
            held.append(collate([lines[index] for index in indices], padding))
            if len(held) == accumulation:
                yield done / len(lines), held
                held = []


def in_order(lines: Sequence[Line], batch_size: int) -> list[list[int]]:
    """Indices of batches for evaluation: the longest first, so that memory peaks at once."""
    order = sorted(range(len(lines)), key=lambda index: -len(lines[index].ids))
    return [order[at : at + batch_size] for at in range(0, len(order), batch_size)]
