from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import modified_precision

from bench.metrics.text.ngrams import clipped_matches, corpus_matches, ngrams

SENTENCE = st.lists(st.sampled_from("abc"), max_size=8)
ITEMS = st.lists(st.tuples(SENTENCE, st.lists(SENTENCE, min_size=1, max_size=3)), max_size=4)


def test_ngrams_from_left_to_right() -> None:
    """All of them, and none where there are fewer tokens."""
    assert list(ngrams("abcd", 2)) == [("a", "b"), ("b", "c"), ("c", "d")]
    assert list(ngrams("abcd", 5)) == []


@settings(derandomize=True, deadline=None)
@given(ITEMS)
def test_matches_are_those_of_nltk(items: list[tuple[list[str], list[list[str]]]]) -> None:
    """nltk's modified_precision, before it is divided; references that recur are not mixed up."""
    items = [*items, *((prediction[::-1], texts) for prediction, texts in items)]
    found = corpus_matches([prediction for prediction, _ in items], [t for _, t in items], 4)
    for (prediction, texts), matches in zip(items, found, strict=True):
        for order, matched in enumerate(matches, 1):
            total = max(len(prediction) + 1 - order, 1)
            assert matched.total() == modified_precision(texts, prediction, order) * total
            assert matched == clipped_matches(prediction, texts, order)
