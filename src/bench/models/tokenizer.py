"""The tokenizer of random models, and what every tokenizer must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

SPECIAL = {
    "pad_token": "<pad>",
    "eos_token": "<eos>",
    "cls_token": "<cls>",
    "sep_token": "<sep>",
}
"""Tokens 0 to 3; the 256 bytes follow. RoBERTa counts positions from its padding token,
which therefore must be small."""
VOCABULARY = len(SPECIAL) + 256


def byte_tokenizer(*, pairs: bool) -> PreTrainedTokenizerFast:
    """Build a tokenizer with one token a byte of UTF-8: any text survives a round trip.

    With `pairs`, inputs are framed as `<cls> a <sep>` or `<cls> a <sep> b <sep>`, as
    encoders expect; without, nothing is added.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate((*SPECIAL.values(), *alphabet))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    if pairs:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<cls> $A <sep>",
            pair="<cls> $A <sep> $B:1 <sep>:1",
            special_tokens=[(token, vocabulary[token]) for token in ("<cls>", "<sep>")],
        )
    wrap: Any = PreTrainedTokenizerFast
    wrapped: PreTrainedTokenizerFast = wrap(
        tokenizer_object=tokenizer,
        padding_side="right",
        # A text that happens to contain "<pad>" is text.
        split_special_tokens=True,
        clean_up_tokenization_spaces=False,
        **SPECIAL,
    )
    return wrapped


def prepare(tokenizer: PreTrainedTokenizerBase, rows: int, name: str) -> None:
    """Give `tokenizer` a padding token, and check that it fits an embedding of `rows`.

    GPT-2, LLaMA and Gemma were trained without padding: the end token stands in, and
    attention masks hide it, so that no embedding is added.
    """
    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            raise ModelError(f"{name}: its tokenizer has neither a padding nor an end token")
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
    if len(tokenizer) > rows:
        raise ModelError(
            f"{name}: its tokenizer has {len(tokenizer)} tokens, its embedding {rows}; "
            "they are of different models"
        )
