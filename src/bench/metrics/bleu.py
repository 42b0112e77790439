"""Corpus BLEU as the E2E NLG challenge computes it.

    BLEU = BP * (p_1 p_2 p_3 p_4)^(1/4)
    p_n  = max(matches_n, 1e-15) / max(total_n, 1e-9)
    BP   = 1 where c > r, else exp(1 - r / c)

K. Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation",
ACL 2002; floors and length counts from `metrics/pymteval.py` of tuetschek/e2e-metrics.
c is the number of predicted tokens, r the sum of the closest reference lengths.
"""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING

from bench.metrics.ngrams import Tokens, clipped_matches

if TYPE_CHECKING:
    from collections.abc import Sequence

MATCH_FLOOR = 1e-15
TOTAL_FLOOR = 1e-9
LENGTH_FLOOR = 1e-5


def bleu(
    predictions: Sequence[Tokens], references: Sequence[Sequence[Tokens]], orders: int = 4
) -> float:
    """BLEU (0-1) of tokenised predictions, each with one or more references.

    A prediction of fewer than n tokens lowers total_n, as in the official program. Mostly
    empty predictions so get precisions far above 1, and an official BLEU above 1, which
    means nothing; then, and only then, the n-grams are counted as they are instead: none
    in a prediction that is too short.
    """
    matches = [0] * orders
    official = [0] * orders
    present = [0] * orders
    for prediction, alternatives in zip(predictions, references, strict=True):
        for index in range(orders):
            matches[index] += clipped_matches(prediction, alternatives, index + 1).total()
            official[index] += len(prediction) - index
            present[index] += max(len(prediction) - index, 0)
    length = sum(map(len, predictions))
    penalty = brevity_penalty(length, sum(map(closest_length, predictions, references)))
    score = penalty * mean_precision(matches, official)
    return score if score <= 1 else penalty * mean_precision(matches, present)


def mean_precision(matches: Sequence[int], totals: Sequence[int]) -> float:
    """Geometric mean of the precisions of all orders, zeros raised to the official floors."""
    logs = (
        log(max(match, MATCH_FLOOR) / max(total, TOTAL_FLOOR))
        for match, total in zip(matches, totals, strict=True)
    )
    return exp(sum(logs) / len(matches))


def closest_length(prediction: Tokens, references: Sequence[Tokens]) -> int:
    """Length of the reference closest to the prediction's; of two as close, the shorter."""
    return min(map(len, references), key=lambda length: (abs(length - len(prediction)), length))


def brevity_penalty(length: int, reference_length: int) -> float:
    """1 for predictions longer than their references, less the shorter they are."""
    if length > reference_length:
        return 1.0
    return exp(1.0 - reference_length / max(length, LENGTH_FLOOR))
