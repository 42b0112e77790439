from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

from bench.metrics.text.tokenizer_13a import lower_tokens_13a, tokenize_13a

TEXT = st.text(alphabet="abZé 09.,-'\"`()[]{}<>&;|/\\@~£\n\t\u00a0", max_size=40)


@settings(derandomize=True, deadline=None)
@given(TEXT)
def test_words_are_those_of_sacrebleu(text: str) -> None:
    """sacrebleu 2's port of mteval-v13a gives the same words, but no token for no text."""
    expected = Tokenizer13a()(text).split()
    assert tokenize_13a(text) == (expected or [""])


@pytest.mark.parametrize(
    "text",
    [
        "costs $1,250.50, i.e. 20-25 £.",
        "&quot;A&quot; &lt;b&gt; &amp;quot;",
        "hyphen-\nated\nline <skipped>x",
        "it's e-mail a@b.co; 1-2 -3",
    ],
)
def test_entities_numbers_and_line_ends_are_those_of_sacrebleu(text: str) -> None:
    """Cases that random text rarely hits."""
    assert tokenize_13a(text) == Tokenizer13a()(text).split()


def test_lower_case_is_taken_after_splitting() -> None:
    """Case is folded token by token, so that no token appears or goes."""
    assert lower_tokens_13a("STRAßE Σ, İ") == ("straße", "σ", ",", "i̇")
