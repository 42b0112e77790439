from __future__ import annotations

from itertools import pairwise
from math import exp, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import corpus_bleu

from bench.metrics.text.bleu import brevity_penalty, closest_length, measure_bleu
from bench.metrics.text.tokenizer_13a import lower_tokens_13a

if TYPE_CHECKING:
    import random

    from tests.metrics.conftest import Corpus

SENTENCE = st.lists(st.sampled_from("abcdef"), min_size=4, max_size=12)
ITEMS = st.lists(
    st.tuples(SENTENCE, st.lists(SENTENCE, min_size=1, max_size=3)), min_size=1, max_size=6
)


def bleu(predictions: list[Any], references: list[Any]) -> float:
    """The value alone."""
    return measure_bleu(predictions, references).value


def test_equals_the_official_program(corpus: Corpus) -> None:
    """Scores of the official program, to the last digits of a double."""
    predictions = [lower_tokens_13a(text) for text in corpus.predictions]
    references = [[lower_tokens_13a(text) for text in texts] for texts in corpus.references]
    assert bleu(predictions, references) == pytest.approx(corpus.official["BLEU"], rel=1e-12)


@settings(derandomize=True, deadline=None)
@given(ITEMS)
def test_equals_nltk_where_every_order_matches(
    items: list[tuple[list[str], list[list[str]]]],
) -> None:
    """nltk's corpus_bleu; one shared item gives both a match of each order."""
    items = [*items, (list("ghij"), [list("ghij"), list("ghijk")])]
    predictions = [prediction for prediction, _ in items]
    references = [texts for _, texts in items]
    assert bleu(predictions, references) == pytest.approx(
        corpus_bleu(references, predictions), rel=1e-12
    )


def test_mostly_empty_predictions_do_not_exceed_one() -> None:
    """Where the official counts would give a BLEU above 1, n-grams are counted as they are.

    One perfect prediction of 8 tokens and nine empty ones (one token "" each): 8 of 17
    unigrams match and all longer n-grams do; the official totals fall to 8, -1, -10 and -19.
    """
    sentence = list("abcdefgh")
    predictions = [sentence, *([[""]] * 9)]
    expected = exp(1 - 80 / 17) * (8 / 17) ** 0.25
    assert bleu(predictions, [[sentence]] * 10) == pytest.approx(expected, rel=1e-12)


def test_equals_sacrebleu_on_text(whole: Corpus) -> None:
    """sacrebleu with 13a tokens and lower case, on the items of four tokens and more."""
    pairs = [
        (prediction, texts)
        for prediction, texts in zip(whole.predictions, whole.references, strict=True)
        if len(lower_tokens_13a(prediction)) >= 4
    ]
    most = max(len(texts) for _, texts in pairs)
    streams = [
        [texts[index] if index < len(texts) else None for _, texts in pairs]
        for index in range(most)
    ]
    theirs = sacrebleu.corpus_bleu(
        [prediction for prediction, _ in pairs], streams, lowercase=True, smooth_method="none"
    )
    ours = bleu(
        [lower_tokens_13a(prediction) for prediction, _ in pairs],
        [[lower_tokens_13a(text) for text in texts] for _, texts in pairs],
    )
    assert 100 * ours == pytest.approx(theirs.score, rel=1e-12)


def test_a_perfect_corpus_scores_one() -> None:
    """Each prediction is one of its references."""
    predictions = [list("abcde"), list("fghij")]
    assert bleu(predictions, [[list("xyz"), list("abcde")], [list("fghij")]]) == 1.0


@settings(derandomize=True, deadline=None)
@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(
    items: list[tuple[list[str], list[list[str]]]], order: random.Random
) -> None:
    """Counts are sums of whole numbers, so the score is the very same."""
    shuffled = order.sample(items, len(items))
    scores = [
        bleu([prediction for prediction, _ in some], [texts for _, texts in some])
        for some in (items, shuffled)
    ]
    assert scores[0] == scores[1]


def test_damage_lowers_it_at_every_step() -> None:
    """One more wrong word each time, anywhere, until none is right."""
    reference = [str(index) for index in range(20)]
    prediction, scores = list(reference), []
    for position in (7, 0, 13, 19, 3, 10, 16, 5):
        scores.append(bleu([prediction], [[reference]]))
        prediction[position] = "wrong"
    assert scores[0] == 1.0
    assert all(later < earlier for earlier, later in pairwise(scores))


def test_closest_length_prefers_the_shorter_of_two() -> None:
    """Lengths 3 and 5 are as close to 4."""
    assert closest_length("abcd", ["abcde", "abc", "abcdefg"]) == 3


def test_brevity_penalty_by_hand() -> None:
    """exp(1 - r / c) up to c = r, 1 beyond; a length of 0 counts as 1e-5."""
    assert brevity_penalty(8, 10) == pytest.approx(exp(-0.25), rel=1e-15)
    assert brevity_penalty(10, 10) == brevity_penalty(11, 10) == 1.0
    assert brevity_penalty(0, 10) == 0.0


@settings(derandomize=True, deadline=None)
@given(ITEMS, st.randoms(use_true_random=False))
def test_a_resampled_corpus_is_scored_like_any_other(
    items: list[tuple[list[str], list[list[str]]]], draw: random.Random
) -> None:
    """Items drawn twice count twice, and those not drawn do not count; one alone is a corpus."""
    drawn = draw.choices(range(len(items)), k=len(items))
    measure = measure_bleu([prediction for prediction, _ in items], [texts for _, texts in items])
    counts = np.array([np.bincount(drawn, minlength=len(items)), np.ones(len(items))], float)
    again = bleu([items[i][0] for i in drawn], [items[i][1] for i in drawn])
    assert measure.resampled(counts).tolist() == [again, measure.value]
    assert measure.items == tuple(bleu([prediction], [texts]) for prediction, texts in items)


@pytest.mark.parametrize("text", ["", "word", "!", "x" * 10_000, "a b " * 2_500])
def test_any_text_has_a_finite_score(text: str) -> None:
    """No text, one word and 10,000 characters neither fail nor give NaN, alone or among empties."""
    references = [[lower_tokens_13a("The cat sat."), ("",)]] * 3
    measure = measure_bleu([lower_tokens_13a(text), ("",), ("",)], references)
    resampled = measure.resampled(np.array([[1.0, 1, 1], [3, 0, 0], [0, 1, 2]]))
    for value in (measure.value, *(measure.items or ()), *resampled):
        assert isfinite(value)
        assert 0 <= value < 1
