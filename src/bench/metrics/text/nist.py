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
from functools import partial
from itertools import chain
from math import exp, log, log2
from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.resampling import Measure, additive
from bench.metrics.text.ngrams import NGram, Tokens, corpus_matches, ngrams

if TYPE_CHECKING:
    from collections.abc import Sequence

ORDERS = 5
BETA = -log(0.5) / log(1.5) ** 2


def measure_nist(predictions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Measure:
    """NIST (unbounded) of tokenised predictions, each with one or more references."""
    occurrences = count_occurrences(references)
    bits = [
        [_matched_bits(order, occurrences) for order in item]
        for item in corpus_matches(predictions, references, ORDERS)
    ]
    totals = [
        [len(prediction) - shorter for shorter in range(ORDERS)] for prediction in predictions
    ]
    lengths = [sum(map(len, texts)) / len(texts) for texts in references]
    statistics = np.array(
        [
            [*map(sum, item), *total, length]
            for item, total, length in zip(bits, totals, lengths, strict=True)
        ]
    )
    # One sum over the n-grams of all items, as in the official program: the last digits of
    # a sum of sums differ.
    information = [sum(chain.from_iterable(order)) for order in zip(*bits, strict=True)]
    value = corpus_nist([*information, *map(sum, zip(*totals, strict=True)), sum(lengths)])
    final = partial(np.apply_along_axis, corpus_nist, -1)
    return additive(value, statistics, final, tuple(final(statistics).tolist()))


def corpus_nist(sums: Sequence[float]) -> float:
    """NIST of the summed statistics of a corpus.

    An order for which no n-gram was predicted adds nothing. A prediction of fewer than
    n tokens lowers total_n, as in the official program.
    """
    *numbers, reference_length = map(float, sums)
    score = 0.0
    for information, total in zip(numbers[:ORDERS], numbers[ORDERS:], strict=True):
        if total != 0:
            score += information / total
    return length_penalty(numbers[ORDERS], reference_length) * score


def length_penalty(length: float, reference_length: float) -> float:
    """1 for predictions as long as their references or longer, 0 for empty ones."""
    if length >= reference_length:
        return 1.0
    if length == 0:
        return 0.0
    return exp(-BETA * log(length / reference_length) ** 2)


def count_occurrences(references: Sequence[Sequence[Tokens]]) -> Counter[NGram]:
    """How often each n-gram of 0 to 5 tokens occurs in all references."""
    found: Counter[NGram] = Counter()
    for tokens in chain.from_iterable(references):
        found[()] += len(tokens)
        for order in range(1, ORDERS + 1):
            found.update(ngrams(tokens, order))
    return found


def _matched_bits(matches: Counter[NGram], occurrences: Counter[NGram]) -> list[float]:
    """Information of the matches of each n-gram of one item."""
    return [
        count * log2(occurrences[ngram[:-1]] / occurrences[ngram])
        for ngram, count in matches.items()
    ]
