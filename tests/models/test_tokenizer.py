"""One token a byte: nothing is lost, and nothing is special in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from bench.errors import ModelError
from bench.models.tokenizer import VOCABULARY, byte_tokenizer, prepare

PLAIN, PAIRS = byte_tokenizer(pairs=False), byte_tokenizer(pairs=True)


@given(st.text())
def test_any_text_survives(text):
    ids = PLAIN(text).input_ids
    assert PLAIN.decode(ids) == text
    assert PAIRS.decode(PAIRS(text).input_ids, skip_special_tokens=True) == text


@given(st.text())
def test_a_token_is_a_byte(text):
    assert len(PLAIN(text).input_ids) == len(text.encode())


@pytest.mark.parametrize(
    "text", ["<pad>", "a<eos>b", "<cls><sep>", " it 's n't , \r\n\t ", "e\u0301"]
)
def test_names_of_special_tokens_and_odd_spacing_are_text(text):
    ids = PLAIN(text).input_ids
    assert len(ids) == len(text.encode())
    assert min(ids) > 3
    assert PLAIN.decode(ids, skip_special_tokens=True) == text


def test_vocabulary_is_256_bytes_and_four_special_tokens():
    assert len(PLAIN) == VOCABULARY == 260
    assert (PLAIN.pad_token_id, PLAIN.eos_token_id) == (0, 1)
    assert (PAIRS.cls_token_id, PAIRS.sep_token_id) == (2, 3)


def test_encoder_inputs_are_framed():
    a, b = PLAIN("a").input_ids, PLAIN("bc").input_ids
    assert PAIRS("a").input_ids == [2, *a, 3]
    assert PAIRS("a", "bc").input_ids == [2, *a, 3, *b, 3]


def word_tokenizer(end: str | None) -> PreTrainedTokenizerFast:
    words = Tokenizer(models.WordLevel({"a": 0, "<end>": 1}))
    wrapped = PreTrainedTokenizerFast(tokenizer_object=words, padding_side="left")
    wrapped.eos_token = end
    return wrapped


def test_end_token_stands_in_for_padding_and_nothing_is_added():
    tokenizer = word_tokenizer("<end>")
    prepare(tokenizer, 2, "m")
    assert (tokenizer.pad_token_id, len(tokenizer), tokenizer.padding_side) == (1, 2, "right")


def test_tokenizer_without_end_or_padding_is_refused():
    with pytest.raises(ModelError, match="m: its tokenizer has neither"):
        prepare(word_tokenizer(None), 2, "m")


def test_tokenizer_that_is_larger_than_the_embedding_is_refused():
    with pytest.raises(ModelError, match="has 2 tokens, its embedding 1"):
        prepare(word_tokenizer("<end>"), 1, "m")
