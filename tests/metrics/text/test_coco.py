from __future__ import annotations

from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.metrics.java.program import find_java
from bench.metrics.text.coco import measure_cider, measure_rouge_l
from bench.metrics.text.ptb import tokenize_ptb

if TYPE_CHECKING:
    from tests.metrics.conftest import Corpus


def rouge_l(predictions: list[str], references: list[list[str]]) -> float:
    """The value alone."""
    return measure_rouge_l(predictions, references).value


def cider(predictions: list[str], references: list[list[str]]) -> float:
    """The value alone."""
    return measure_cider(predictions, references).value


def test_equal_the_official_program(corpus: Corpus) -> None:
    """ROUGE_L and CIDEr of the official program, on the PTB tokens made here."""
    flat = [text for texts in corpus.references for text in texts]
    tokens, predictions = tokenize_ptb(find_java(), [flat, corpus.predictions])
    waiting = iter(tokens)
    references = [[next(waiting) for _ in texts] for texts in corpus.references]
    assert rouge_l(predictions, references) == pytest.approx(corpus.official["ROUGE_L"], rel=1e-12)
    assert cider(predictions, references) == pytest.approx(corpus.official["CIDEr"], rel=1e-12)


def test_rouge_l_by_hand() -> None:
    """Longest common subsequence "a c d": precision 3/4, recall 3/5, beta 1.2."""
    precision, recall = 3 / 4, 3 / 5
    expected = (1 + 1.2**2) * precision * recall / (recall + 1.2**2 * precision)
    assert rouge_l(["a b c d"], [["a c d e f"]]) == pytest.approx(expected, rel=1e-15)


def test_rouge_l_is_one_for_perfect_predictions_and_falls_with_damage() -> None:
    """The best reference counts; each wrong word lowers the score."""
    texts = [["a b c d e f", "x y"]]
    predictions = ["a b c d e f", "a b c d e w", "a b w d e w", "w b w d e w", "w w w w w w"]
    scores = [rouge_l([prediction], texts) for prediction in predictions]
    assert scores[0] == 1.0
    assert scores[-1] == 0.0
    assert all(later < earlier for earlier, later in pairwise(scores))


def test_the_order_of_items_does_not_matter() -> None:
    """Means over items, up to the rounding of sums."""
    predictions = ["a b c d", "e f g", "h i j a"]
    references = [["a b c d e"], ["e f", "g f e"], ["h i j", "a j"]]
    assert rouge_l(predictions[::-1], references[::-1]) == pytest.approx(
        rouge_l(predictions, references), rel=1e-12
    )
    assert cider(predictions[::-1], references[::-1]) == pytest.approx(
        cider(predictions, references), rel=1e-12
    )


def test_cider_of_perfect_predictions_is_ten() -> None:
    """Cosines of 1 for each order, times 10, where the items share no n-gram."""
    texts = ["a b c d e", "f g h i j", "k l m n o"]
    assert cider(texts, [[text] for text in texts]) == pytest.approx(10.0, rel=1e-12)


def test_references_without_a_word_score_zero() -> None:
    """References of signs alone leave no n-gram to count."""
    measure = measure_cider(["a b", ""], [[""], ["", ""]])
    assert (measure.value, measure.items) == (0.0, (0.0, 0.0))


def test_a_resample_is_the_mean_of_its_items() -> None:
    """Items by hand: all of it, and "a" of "a b" (precision 1, recall 1/2)."""
    half = (1 + 1.2**2) * 0.5 / (0.5 + 1.2**2)
    measure = measure_rouge_l(["x y", "a"], [["x y"], ["a b"]])
    assert measure.items == pytest.approx((1.0, half), rel=1e-15)
    drawn = measure.resampled(np.array([[1.0, 1.0], [0.0, 2.0]]))
    assert drawn == pytest.approx([measure.value, half], rel=1e-15)


def test_a_resample_keeps_the_document_frequencies() -> None:
    """Perfect predictions that share no n-gram: each is worth ten, however often it is drawn."""
    texts = ["a b c d e", "f g h i j", "k l m n o"]
    measure = measure_cider(texts, [[text] for text in texts])
    drawn = measure.resampled(np.array([[1.0, 1.0, 1.0], [3.0, 0.0, 0.0]]))
    assert drawn == pytest.approx([10.0, 10.0], rel=1e-12)
    assert cider(texts[:1], [texts[:1]]) == 0.0


@pytest.mark.parametrize("text", ["", "word", "x" * 10_000, "a b " * 2_500, "\ud800 \u2028"])
def test_any_text_has_finite_scores(text: str) -> None:
    """No text, one word and 10,000 characters neither fail nor give NaN."""
    for measure in (measure_rouge_l, measure_cider):
        found = measure([text, "", "a"], [["the cat sat", ""], ["a"], ["a b", text]])
        assert all(map(isfinite, (found.value, *(found.items or ()))))
