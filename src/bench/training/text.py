"""Lines and batches of a generation task: the loss is on the text alone.

A line is `context <end> text <end>`, with the loss on the text and the last end token
only (the protocol of the LoRA and LoRMA scripts for GPT-2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from bench.errors import DataError
from bench.tasks.base import Pair

IGNORED = -100
"""Label of a position without loss, as torch's cross-entropy takes it."""


@dataclass(frozen=True)
class TextLine:
    """One tokenised example; positions from `start` on carry loss."""

    ids: tuple[int, ...]
    start: int

    @staticmethod
    def collate(lines: Sequence[TextLine], padding: int) -> TextBatch:
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
        return TextBatch(ids, mask, labels)


@dataclass(frozen=True)
class TextBatch:
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

    def to(self, device: torch.device) -> TextBatch:
        """Copy to `device`."""
        return TextBatch(self.ids.to(device), self.mask.to(device), self.labels.to(device))

    def cut(self, pieces: int) -> list[TextBatch]:
        """The same lines in as many parts, or one line each where there are fewer."""
        parts = (held.chunk(pieces) for held in (self.ids, self.mask, self.labels))
        return [TextBatch(*part) for part in zip(*parts, strict=True)]

    def summed_loss(self, model: PreTrainedModel, smoothing: float) -> Tensor:
        """Cross-entropy summed over the positions with loss, in fp32: a scalar.

        The head is applied at those positions only; logits of a whole batch would be the
        largest tensor of the step. Smoothing spreads its share over the whole vocabulary,
        the target included.
        """
        hidden = model.base_model(input_ids=self.ids, attention_mask=self.mask)[0]
        targets = self.labels[:, 1:]
        wanted = targets != IGNORED
        logits = model.get_output_embeddings()(hidden[:, :-1][wanted])
        return functional.cross_entropy(
            logits.float(), targets[wanted], reduction="sum", label_smoothing=smoothing
        )


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around every context."""

    before: tuple[int, ...] = ()
    """Identifiers of virtual tokens."""
    behind: tuple[int, ...] = ()
    end: bool = True
    """Whether the end token separates the context from the text."""
    begin: bool = False
    """Whether the tokenizer's own beginning of a text stands first (LLaMA and Gemma have one)."""
    lead: str = " "
    """What stands before the text, and bears loss like it."""


BARE = Frame()
"""`context <end>`."""


def contexts(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], frame: Frame = BARE
) -> list[list[int]]:
    """`context <end>` of each text: what a model is prompted with."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    begin = tokenizer.bos_token_id if frame.begin and begins(tokenizer) else None
    first = () if begin is None else (begin,)
    end = (tokenizer.eos_token_id,) if frame.end else ()
    return [[*first, *frame.before, *ids, *frame.behind, *end] for ids in encoded]


def begins(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the tokenizer, left to itself, puts its beginning token before a text."""
    ids = tokenizer("a")["input_ids"]
    return bool(ids) and ids[0] == tokenizer.bos_token_id


def tokenise(
    tokenizer: PreTrainedTokenizerBase,
    pairs: Sequence[Pair],
    max_tokens: int,
    frame: Frame = BARE,
) -> list[TextLine]:
    """Lines of at most `max_tokens` tokens.

    An example whose context alone fills them has no position with loss, and is left out; a
    DataError where all are.
    """
    prompts = contexts(tokenizer, [pair.context for pair in pairs], frame)
    texts = [f"{frame.lead}{pair.text}" for pair in pairs]
    bodies = tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
    lines = [
        TextLine((*prompt, *body, tokenizer.eos_token_id)[:max_tokens], len(prompt))
        for prompt, body in zip(prompts, bodies, strict=True)
        if len(prompt) < max_tokens
    ]
    if pairs and not lines:
        raise DataError(
            f"task.max_tokens={max_tokens}: no training row has a shorter context (the shortest "
            f"has {min(map(len, prompts))} tokens); raise it"
        )
    return lines
