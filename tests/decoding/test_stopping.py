"""Where a text ends."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from bench.decoding.stopping import readable, stop_tokens

END = "<end>"


def byte_level(extra: list[str], eos: str | None = END) -> PreTrainedTokenizerFast:
    """As GPT-2, SmolLM2 and Llama 3 write pieces: a new line is the character Ċ."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = [*alphabet, *extra, "<end>"]
    inner = Tokenizer(models.WordLevel({piece: index for index, piece in enumerate(pieces)}))
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=eos)


def plain(pieces: list[str]) -> PreTrainedTokenizerFast:
    """As Gemma writes pieces: a new line is itself."""
    inner = Tokenizer(models.WordLevel({piece: index for index, piece in enumerate(pieces)}))
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=END)


def tokens_of(tokenizer, *pieces: str) -> list[int]:
    return [tokenizer.convert_tokens_to_ids(piece) for piece in pieces]


def test_byte_level_vocabularies_stop_at_end_and_blank_line_like_gpt2():
    """The official E2E command decodes with end tokens 50256 (end of text) and 628 (ĊĊ)."""
    tokenizer = byte_level(["Ċ", "ĊĊ", "ĊĊĊ", "Ċa", "aa"])
    assert stop_tokens(tokenizer) == sorted(tokens_of(tokenizer, "ĊĊ", "<end>"))


def test_plain_vocabularies_stop_at_end_and_blank_line():
    tokenizer = plain(["a", "\n", "<end>", "\n\n", "\n\n\n"])
    assert stop_tokens(tokenizer) == [2, 3]


def test_without_a_blank_line_token_only_the_end_stops():
    tokenizer = plain(["a", "<end>", "\n"])
    assert stop_tokens(tokenizer) == [1]


def test_without_an_end_token_only_the_blank_line_stops():
    tokenizer = byte_level(["ĊĊ"], eos=None)
    assert stop_tokens(tokenizer) == tokens_of(tokenizer, "ĊĊ")


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (("Ġ", "a", "<end>", "b"), "a"),
        (("a", "ĊĊ", "b"), "a"),
        (("a", "Ċ", "b"), "a\nb"),
        (("a", "Ċ", "Ċ", "b"), "a"),
        (("a", "Ġ", ".", "Ġ"), "a ."),
        (("<end>", "a"), ""),
        ((), ""),
    ],
)
def test_text_ends_before_a_stop_token_or_blank_line_and_keeps_its_spaces(pieces, expected):
    tokenizer = byte_level(["ĊĊ"])
    row = tokens_of(tokenizer, *pieces)
    assert readable(tokenizer, row, stop_tokens(tokenizer)) == expected
