"""Preparation of WebNLG and DART texts: against nltk's tokenizer and gpt2_decode.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.tokenize.destructive import NLTKWordTokenizer

from bench.metrics.text.triples_text import nltk_text, prepared, prepared_references

OFFICIAL = {
    "It's a Café–Bar.": "it ' s a café – bar .",
    "snake_case 1,000.50%": "snake_case 1 , 000 . 50 %",
    "  two\tblanks \n one line\n\nnext paragraph": "two blanks one line",
    "the end<|endoftext|> of it": "the end",
    "\n\nnothing is left of it": "",
    "\u0130stanbul \u2028 日本 😀": "i \u0307 stanbul 日本 😀",
    "": "",
}
"""Text, and what gpt2_decode.py --tokenize --lower of microsoft/LoRA (c4593f0) writes."""

PIECES = (
    "\" '' `` cannot Gonna wanna gotta gimme lemme 'tis d'ye more'n it's ... -- (a) [b] <c> “d” ’ "
    "e.g. U.S. : 1,5 _x_"
)
"""Words that nltk treats in its own way."""


@pytest.mark.parametrize(("text", "expected"), OFFICIAL.items())
def test_prepared_as_the_official_script_does(text: str, expected: str) -> None:
    """Case, signs, blanks, and where a text ends."""
    assert prepared(text) == expected


@given(st.lists(st.sampled_from(PIECES.split()) | st.text(max_size=5)).map(" ".join))
def test_nltk_text_is_that_of_nltk(text: str) -> None:
    """The word tokenizer of the installed nltk, on its own words and on any."""
    # nltk takes the dotless i for an i, and would split a word that no text here has.
    ready = prepared(text.replace("\u0131", ""))
    assert nltk_text(ready).split() == NLTKWordTokenizer().tokenize(ready)


@given(st.text())
def test_preparing_twice_changes_nothing(text: str) -> None:
    """Output files of other systems, which are prepared already, can be scored."""
    assert prepared(prepared(text)) == prepared(text)


def test_six_references_count() -> None:
    """The seventh is not read; equal ones are one."""
    texts = [["A.", "a .", "b"], list("abcdefg")]
    assert prepared_references(texts) == [("a .", "b"), tuple("abcdef")]
