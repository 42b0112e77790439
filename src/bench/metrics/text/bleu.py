"""Corpus BLEU as the E2E NLG challenge computes it.

    BLEU = BP * (p_1 p_2 p_3 p_4)^(1/4)
    p_n  = max(matches_n, 1e-15) / max(total_n, 1e-9)
    BP   = 1 where c > r, else exp(1 - r / c)

K. Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation",
ACL 2002; floors and length counts from `metrics/pymteval.py` of tuetschek/e2e-metrics.
c is the number of predicted tokens, r the sum of the closest reference lengths.
"""

from __future__ import annotations

from functools import partial
from math import exp, log
from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.resampling import Measure, additive
from bench.metrics.text.ngrams import NGram, Tokens, corpus_matches

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

ORDERS = 4
MATCH_FLOOR = 1e-15
TOTAL_FLOOR = 1e-9
LENGTH_FLOOR = 1e-5


def measure_bleu(predictions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Measure:
    """BLEU (0-1) of tokenised predictions, each with one or more references."""
    matches = corpus_matches(predictions, references, ORDERS)
    statistics = np.array(list(map(_statistics, matches, predictions, references)), np.float64)
    final = partial(np.apply_along_axis, corpus_bleu, -1)
    # Sums of whole numbers: exact in any order.
    value = corpus_bleu(statistics.sum(axis=0))
    return additive(value, statistics, final, tuple(final(statistics).tolist()))


def corpus_bleu(sums: Sequence[float]) -> float:
    """BLEU of the summed statistics of a corpus.

    A prediction of fewer than n tokens lowers total_n, as in the official program. Mostly
    empty predictions so get precisions far above 1, and an official BLEU above 1, which
    means nothing; then, and only then, the n-grams are counted as they are instead: none
    in a prediction that is too short.
    """
    numbers = list(map(float, sums))
    matches, official, present = (numbers[at : at + ORDERS] for at in range(0, 3 * ORDERS, ORDERS))
    penalty = brevity_penalty(official[0], numbers[-1])
    score = penalty * mean_precision(matches, official)
    return score if score <= 1 else penalty * mean_precision(matches, present)


def _statistics(
    matches: Sequence[Counter[NGram]], prediction: Tokens, references: Sequence[Tokens]
) -> list[int]:
    """Matches, official totals and n-grams of each order; length of the closest reference."""
    matched = (one.total() for one in matches)
    official = [len(prediction) - shorter for shorter in range(ORDERS)]
    present = (max(total, 0) for total in official)
    return [*matched, *official, *present, closest_length(prediction, references)]


def mean_precision(matches: Sequence[float], totals: Sequence[float]) -> float:
    """Geometric mean of the precisions of all orders, zeros raised to the official floors."""
    logs = (
        log(max(match, MATCH_FLOOR) / max(total, TOTAL_FLOOR))
        for match, total in zip(matches, totals, strict=True)
    )
    return exp(sum(logs) / len(matches))


def closest_length(prediction: Tokens, references: Sequence[Tokens]) -> int:
    """Length of the reference closest to the prediction's; of two as close, the shorter."""
    return min(map(len, references), key=lambda length: (abs(length - len(prediction)), length))


def brevity_penalty(length: float, reference_length: float) -> float:
    """1 for predictions longer than their references, less the shorter they are."""
    if length > reference_length:
        return 1.0
    return exp(1.0 - reference_length / max(length, LENGTH_FLOOR))
