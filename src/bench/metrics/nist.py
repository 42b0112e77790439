"""Corpus NIST as the E2E NLG challenge computes it.

    NIST = penalty * sum over n = 1..5 of (information of the matched n-grams / total_n)
    info(w_1 .. w_n) = log2(occurrences of w_1 .. w_(n-1) / occurrences of w_1 .. w_n)
    penalty = exp(-beta * ln(min(1, c / r))^2), beta such that c / r = 2/3 gives 1/2

G. Doddington, "Automatic Evaluation of Machine Translation Quality Using N-gram
Co-Occurrence Statistics", HLT 2002; counts from `metrics/pymteval.py` of
tuetschek/e2e-metrics. Occurrences are counted over all references; the empty n-gram
occurs once for each reference token. c is the number of predicted tokens, r the sum of
the mean reference lengths.
"""

from __future__ import annotations

from collections import Counter
from math import exp, log, log2
from typing import TYPE_CHECKING

from bench.metrics.ngrams import NGram, Tokens, clipped_matches, count_ngrams

if TYPE_CHECKING:
    from collections.abc import Sequence

BETA = -log(0.5) / log(1.5) ** 2


def nist(
    predictions: Sequence[Tokens], references: Sequence[Sequence[Tokens]], orders: int = 5
) -> float:
    """NIST (unbounded) of tokenised predictions, each with one or more references.

    An order for which no n-gram was predicted adds nothing. A prediction of fewer than
    n tokens lowers total_n, as in the official program.
    """
    occurrences = _occurrences(references, orders)
    score = 0.0
    for order in range(1, orders + 1):
        total = sum(len(prediction) - (order - 1) for prediction in predictions)
        if total != 0:
            score += _information(predictions, references, order, occurrences) / total
    length = sum(map(len, predictions))
    mean_length = sum(sum(map(len, texts)) / len(texts) for texts in references)
    return length_penalty(length, mean_length) * score


def length_penalty(length: int, reference_length: float) -> float:
    """1 for predictions as long as their references or longer, 0 for empty ones."""
    if length >= reference_length:
        return 1.0
    if length == 0:
        return 0.0
    return exp(-BETA * log(length / reference_length) ** 2)


def _occurrences(references: Sequence[Sequence[Tokens]], orders: int) -> Counter[NGram]:
    """How often each n-gram of 0 to `orders` tokens occurs in all references."""
    found: Counter[NGram] = Counter()
    for texts in references:
        for tokens in texts:
            found[()] += len(tokens)
            for order in range(1, orders + 1):
                found.update(count_ngrams(tokens, order))
    return found


def _information(
    predictions: Sequence[Tokens],
    references: Sequence[Sequence[Tokens]],
    order: int,
    occurrences: Counter[NGram],
) -> float:
    """Bits that the matched n-grams of one order carry together."""
    return sum(
        matches * log2(occurrences[ngram[:-1]] / occurrences[ngram])
        for prediction, texts in zip(predictions, references, strict=True)
        for ngram, matches in clipped_matches(prediction, texts, order).items()
    )
