from __future__ import annotations

from itertools import pairwise
from math import isfinite, log2
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.nist_score import corpus_nist

from bench.metrics.text.nist import length_penalty, measure_nist
from bench.metrics.text.tokenizer_13a import lower_tokens_13a

if TYPE_CHECKING:
    from tests.metrics.conftest import Corpus

SENTENCE = st.lists(st.sampled_from("abcdef"), min_size=5, max_size=12)


def nist(predictions: list[Any], references: list[Any]) -> float:
    """The value alone."""
    return measure_nist(predictions, references).value


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


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(SENTENCE, st.lists(SENTENCE, min_size=1, max_size=3)), min_size=1))
def test_all_items_drawn_once_or_twice_are_the_corpus(
    items: list[tuple[list[str], list[list[str]]]],
) -> None:
    """Occurrences come from all references either way, and the score is a ratio of sums."""
    measure = measure_nist([prediction for prediction, _ in items], [texts for _, texts in items])
    counts = np.array([[1.0], [2.0]]) * np.ones(len(items))
    assert measure.resampled(counts) == pytest.approx([measure.value] * 2, rel=1e-12, abs=1e-12)


def test_short_predictions_make_a_total_negative_as_in_the_official_program() -> None:
    """`NISTScore` of tuetschek/e2e-metrics, commit 1b9c4d8: total_5 is 2 - 3 * 3 for one bit."""
    predictions = ["abcdef", "a", "b", "c"]
    references = [["abcdefg", "abcdx"], ["ah"], ["bb"], ["ic"]]
    assert nist(predictions, references) == pytest.approx(2.869540716869562, rel=1e-12)


def test_a_resample_keeps_the_information_of_all_references() -> None:
    """Item 0 alone: a is 1 of 4 words, b 2 of 4, "a b" follows each a and a c no b."""
    measure = measure_nist([["a", "b"], ["b"]], [[["a", "b"]], [["c", "b"]]])
    alone = (log2(4) + log2(4 / 2)) / 2 + log2(1 / 1)
    both = (log2(4) + 2 * log2(4 / 2)) / 3 * length_penalty(3, 4.0)
    assert measure.value == pytest.approx(both, rel=1e-15)
    assert measure.resampled(np.array([[2.0, 0.0]])) == pytest.approx([alone], rel=1e-15)
    assert measure.items == pytest.approx((alone, length_penalty(1, 2.0)), rel=1e-15)


@pytest.mark.parametrize("text", ["", "word", "!", "x" * 10_000, "a b " * 2_500])
def test_any_text_has_a_finite_score(text: str) -> None:
    """No text, one word and 10,000 characters neither fail nor give NaN, alone or among empties."""
    references = [[lower_tokens_13a("The cat sat."), ("",)]] * 3
    measure = measure_nist([lower_tokens_13a(text), ("",), ("",)], references)
    resampled = measure.resampled(np.array([[1.0, 1, 1], [3, 0, 0], [0, 1, 2]]))
    assert all(map(isfinite, (measure.value, *(measure.items or ()), *resampled)))
