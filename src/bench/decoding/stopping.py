"""Where a generated text ends, in tokens and in characters."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

BLANK_LINE = "\n\n"
"""Token 628 of GPT-2, the second end token of the official E2E decoding command."""


def stop_tokens(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the end token and every token that is exactly a blank line, in ascending order.

    Vocabularies write a character as one character, so pieces of another length than
    the blank line's need not be decoded.
    """
    pieces = tokenizer.get_vocab()
    likely = [token for piece, token in pieces.items() if len(piece) == len(BLANK_LINE)]
    found = {token for token in likely if tokenizer.decode([token]) == BLANK_LINE}
    if tokenizer.eos_token_id is not None:
        found.add(tokenizer.eos_token_id)
    return sorted(found)


def readable(
    tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int], stops: Sequence[int]
) -> str:
    """Decode the text before the first stop token or blank line, without surrounding white space.

    Spaces before punctuation stay as generated: metrics have tokenisers of their own.
    """
    kept = list(takewhile(lambda token: token not in stops, tokens))
    text = tokenizer.decode(kept, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return str(text).split(BLANK_LINE)[0].strip()
