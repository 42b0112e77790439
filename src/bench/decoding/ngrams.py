"""No n-gram twice in what is generated; the prompt may be quoted freely.

The option of the same name in transformers also counts the n-grams of the prompt. The
decoder behind the published E2E, DART and WebNLG numbers counts generated tokens only
(microsoft/LoRA, examples/NLG/src/gpt2_beam.py, after fairseq).
"""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import LogitsProcessor

from bench.tensors.unordered import unordered


def repeating(generated: Tensor, size: int, vocabulary: int) -> Tensor:
    """Tokens that would complete an n-gram which occurs already.

    `generated` is (rows, length), the result (rows, vocabulary), boolean. A token is
    marked where it once followed the last `size` - 1 tokens of its row.
    """
    rows, length = generated.shape
    # One column more, for tokens behind other grams.
    marked = torch.zeros(rows, vocabulary + 1, dtype=torch.bool, device=generated.device)
    if length < size:
        return marked[:, :vocabulary]
    grams = generated.unfold(1, size, 1)
    ending = generated[:, length - size + 1 :]
    same = (grams[..., :-1] == ending.unsqueeze(1)).all(dim=-1)
    followers = torch.where(same, grams[..., -1], vocabulary)
    with unordered():
        marked.scatter_(1, followers, value=True)
    return marked[:, :vocabulary]


class NoRepeatedNgrams(LogitsProcessor):
    """Rules out tokens that repeat an n-gram of the tokens behind the prompt.

    `prompt` is the width of the (left-padded) prompt, the same in every row. A row whose
    whole vocabulary repeats is left as it is, because something must follow.
    """

    def __init__(self, size: int, prompt: int) -> None:
        self.size = size
        self.prompt = prompt

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """(rows, width) tokens and (rows, vocabulary) scores to scores, -inf where barred."""
        barred = repeating(input_ids[:, self.prompt :], self.size, scores.shape[-1])
        barred &= ~barred.all(dim=-1, keepdim=True)
        return scores.masked_fill(barred, -torch.inf)
