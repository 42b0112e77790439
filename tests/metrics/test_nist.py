from __future__ import annotations

from itertools import pairwise
from math import isfinite, log2
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.nist_score import corpus_nist

from bench.metrics.nist import length_penalty, nist
from bench.metrics.tokenizer_13a import lower_tokens_13a

if TYPE_CHECKING:
    from tests.metrics.conftest import Corpus

SENTENCE = st.lists(st.sampled_from("abcdef"), min_size=5, max_size=12)


def test_equals_the_official_program(corpus: Corpus) -> None:
    """Scores of the official program; where that divides by zero, a finite number."""
    predictions = [lower_tokens_13a(text) for text in corpus.predictions]
    references = [[lower_tokens_13a(text) for text in texts] for texts in corpus.references]
    value = nist(predictions, references)
    if corpus.official["NIST"] is None:
        assert isfinite(value)
    else:
        assert value == pytest.approx(corpus.official["NIST"], rel=1e-12)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(SENTENCE, SENTENCE), min_size=1, max_size=6))
def test_equals_nltk_with_one_reference(items: list[tuple[list[str], list[str]]]) -> None:
    """nltk's corpus_nist, which differs only where it picks one of several references."""
    predictions = [prediction for prediction, _ in items]
    references = [[reference] for _, reference in items]
    expected = corpus_nist(references, predictions, n=5)
    assert nist(predictions, references) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_by_hand() -> None:
    """Counted over both references: a 3 of 5 tokens, b 2 of 5, "a b" follows 2 of 3 a's."""
    information = log2(5 / 3) + log2(5 / 2)
    expected = information / 2 + log2(3 / 2)
    assert nist([["a", "b"]], [[["a", "b"], ["a", "b", "a"]]]) == pytest.approx(
        expected * length_penalty(2, 2.5), rel=1e-15
    )


def test_length_penalty_is_one_half_at_two_thirds() -> None:
    """The definition of beta; no penalty for long predictions, no score for empty ones."""
    assert length_penalty(2, 3.0) == pytest.approx(0.5, rel=1e-15)
    assert length_penalty(4, 3.0) == 1.0
    assert length_penalty(0, 3.0) == 0.0


def test_damage_lowers_it_at_every_step() -> None:
    """One more wrong word each time."""
    reference = [str(index) for index in range(20)]
    prediction, scores = list(reference), []
    for position in (7, 0, 13, 19, 3, 10, 16, 5):
        scores.append(nist([prediction], [[reference]]))
        prediction[position] = "wrong"
    assert all(later < earlier for earlier, later in pairwise(scores))


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(SENTENCE, SENTENCE), min_size=2, max_size=6))
def test_the_order_of_items_does_not_matter(items: list[tuple[list[str], list[str]]]) -> None:
    """Backwards is as good as forwards, up to the rounding of sums."""
    both = [
        nist([prediction for prediction, _ in some], [[reference] for _, reference in some])
        for some in (items, items[::-1])
    ]
    assert both[0] == pytest.approx(both[1], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_corpus_without_long_ngrams_scores_what_the_short_ones_carry(count: int) -> None:
    """`count` tokens make no n-gram of five, so that total_n is 0 for one order."""
    tokens = [str(index) for index in range(count)]
    # All unigrams occur once, and each longer n-gram is certain after its first words.
    assert nist([tokens], [[tokens]]) == pytest.approx(log2(count), rel=1e-15)
