"""Where a generated text ends, in tokens and in characters."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from transformers import StoppingCriteria

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

BLANK_LINE = "\n\n"
"""Token 628 of GPT-2, the second end token of the official E2E decoding command."""


def stop_tokens(
    tokenizer: PreTrainedTokenizerBase, stop: Sequence[str] = (BLANK_LINE,)
) -> list[int]:
    """Return the tokens that end a text, in ascending order.

    These are the end token and, where `stop` has the blank line, every token that is exactly
    one. Vocabularies write a character as one character, so pieces of another length than the
    blank line's need not be decoded.
    """
    found = {tokenizer.eos_token_id} - {None}
    if BLANK_LINE in stop:
        pieces = tokenizer.get_vocab()
        likely = [token for piece, token in pieces.items() if len(piece) == len(BLANK_LINE)]
        found |= {token for token in likely if tokenizer.decode([token]) == BLANK_LINE}
    return sorted(found)


def readable(
    tokenizer: PreTrainedTokenizerBase,
    tokens: Sequence[int],
    stops: Sequence[int],
    stop: Sequence[str] = (BLANK_LINE,),
) -> str:
    """Decode the text before the first stop token or string, without surrounding white space.

    Spaces before punctuation stay as generated: metrics have tokenisers of their own.
    """
    kept = list(takewhile(lambda token: token not in stops, tokens))
    text = spelled(tokenizer, [kept])[0]
    ends = [text.find(string) for string in stop if string in text]
    return text[: min(ends, default=len(text))].strip()


def spelled(tokenizer: PreTrainedTokenizerBase, rows: Sequence[Sequence[int]]) -> list[str]:
    """Decode rows of tokens as they stand, special tokens left out."""
    return [
        str(
            tokenizer.decode(
                list(row), skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )
        for row in rows
    ]


class StopStrings(StoppingCriteria):
    """Ends each row whose generated text holds one of some strings.

    `prompt` is the width of the (left-padded) prompt, the same in every row; its own text ends
    nothing. A beam that holds a string is a hypothesis that has ended, its last token included
    in its score. A blank line is not asked for here: it ends a search as a token only, as in
    the official E2E decoder, so that beams of all kinds of spelling stay in the search.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, stop: Sequence[str], prompt: int
    ) -> None:
        self.tokenizer = tokenizer
        self.stop = tuple(stop)
        self.prompt = prompt
        # A token spells one byte or more. One token further back keeps decoders that drop the
        # blank before a first token from dropping that of a string.
        self.window = 1 + max(len(string.encode()) for string in self.stop)

    def __call__(
        self,
        input_ids: Tensor,
        scores: object,  # noqa: ARG002
        **_: object,
    ) -> Tensor:
        """(rows, width) tokens to (rows,), true where a row has ended."""
        start = max(self.prompt, input_ids.shape[1] - self.window)
        texts = spelled(self.tokenizer, input_ids[:, start:].tolist())
        ended = [any(string in text for string in self.stop) for text in texts]
        return torch.tensor(ended, device=input_ids.device)


def stop_strings(
    tokenizer: PreTrainedTokenizerBase, stop: Sequence[str], prompt: int
) -> list[StopStrings]:
    """What ends rows before the last token, besides tokens: nothing, for a blank line alone."""
    others = [string for string in stop if string != BLANK_LINE]
    return [StopStrings(tokenizer, others, prompt)] if others else []
