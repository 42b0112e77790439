"""Where a text ends."""

from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from bench.decoding.stopping import StopStrings, readable, stop_strings, stop_tokens

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


def test_a_blank_line_token_is_no_end_where_it_is_not_asked_for():
    tokenizer = byte_level(["ĊĊ"])
    assert stop_tokens(tokenizer, ()) == tokens_of(tokenizer, "<end>")
    row = tokens_of(tokenizer, "a", "ĊĊ", "b")
    assert readable(tokenizer, row, stop_tokens(tokenizer, ()), ()) == "a\n\nb"


def test_text_ends_before_the_first_of_several_strings():
    """As vLLM cuts at the string that appears first, whatever the order of the list."""
    tokenizer = byte_level(["Q", "Que", "stion", ":"])
    row = tokens_of(tokenizer, "a", "Que", "stion", ":", "b", "Q")
    for stop in (("Question:", "Question", "b"), ("b", "Question")):
        assert readable(tokenizer, row, stop_tokens(tokenizer, stop), stop) == "a"


@pytest.mark.parametrize(
    ("pieces", "ended"),
    [
        (("a", "Que", "stion"), True),
        (("a", "Que"), False),
        (("Que", "stion", "s"), True),
        (("x", "que", "stion"), False),
        ((*"Question",), True),
        (("ĠQue", "stion"), True),
        (("Ã", "©"), True),
        (("b", "Ã"), False),
    ],
)
def test_rows_end_with_the_last_token_of_a_string(pieces, ended):
    """However it is cut into tokens, in letters of one byte or two, with more behind it or not."""
    tokenizer = byte_level(["Que", "ĠQue", "stion", "que"])
    row = torch.tensor([tokens_of(tokenizer, *pieces)])
    assert StopStrings(tokenizer, ("Question", "é"), 0)(row, None).tolist() == [ended]


def test_decoders_that_drop_a_first_blank_miss_no_string_that_begins_with_one():
    """As SentencePiece vocabularies write it: ▁ is a blank, dropped at the start of a text."""
    pieces = ["a", "▁so", "▁it", "<end>"]
    inner = Tokenizer(models.WordLevel({piece: index for index, piece in enumerate(pieces)}))
    inner.decoder = decoders.Metaspace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=END)
    row = torch.tensor([tokens_of(tokenizer, *["a"] * 9, "▁so", "▁it")])
    assert tokenizer.decode(row[0, -2:]) == "so it"
    assert StopStrings(tokenizer, (" so it",), 0)(row, None).tolist() == [True]


def test_only_what_stands_behind_the_prompt_ends_a_row():
    tokenizer = byte_level([])
    rows = torch.tensor([tokens_of(tokenizer, *"abcd"), tokens_of(tokenizer, *"bcab")])
    criterion = StopStrings(tokenizer, ("ab",), 2)
    assert criterion(rows, None).tolist() == [False, True]
    assert StopStrings(tokenizer, ("bc",), 2)(rows, None).tolist() == [False, False]


def test_a_blank_line_alone_is_left_to_its_token():
    """The search of the published E2E numbers goes on behind a blank line in two tokens."""
    tokenizer = byte_level([])
    assert stop_strings(tokenizer, ("\n\n",), 0) == []
    assert stop_strings(tokenizer, (), 0) == []
    (criterion,) = stop_strings(tokenizer, ("\n\n", "Question"), 0)
    assert criterion.stop == ("Question",)
