"""Corpus BLEU as `multi-bleu-detok.perl` of the Moses toolkit computes it.

    BLEU = BP * (p_1 p_2 p_3 p_4)^(1/4)
    p_n  = matched n-grams / predicted n-grams, 0 where none is predicted
    BP   = 1 where c >= r, else exp(1 - r / c)

K. Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation", ACL
2002. c is the number of predicted words, r the sum of the closest reference lengths, of two
as close the shorter. Nothing is smoothed: a corpus without a matched 4-gram has BLEU 0, as
has one of perfect predictions that are all shorter than four words. The program prints
100 BLEU with two decimals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.resampling import additive
from bench.metrics.text.ngrams import clipped_matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.metrics.resampling import Measure, Numbers
    from bench.metrics.text.ngrams import Tokens

ORDERS = (1, 2, 3, 4)


def measure_multi_bleu(
    predictions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]
) -> Measure:
    """BLEU (0-1) of tokenised predictions, each with one or more references."""
    rows = [_statistics(*pair) for pair in zip(predictions, references, strict=True)]
    statistics = np.array(rows, dtype=np.float64)
    value = float(multi_bleu(statistics.sum(axis=0)))
    return additive(value, statistics, multi_bleu, tuple(multi_bleu(statistics).tolist()))


def multi_bleu(sums: Numbers) -> Numbers:
    """BLEU (...) of sums (..., 10): four of matched n-grams, four of predicted ones, c, r."""
    matches, totals, length, reference_length = np.split(sums, (4, 8, 9), axis=-1)
    mean = np.prod(matches / np.maximum(totals, 1), axis=-1) ** (1 / 4)
    shortfall = 1 - reference_length / np.maximum(length, 1)
    score: Numbers = np.exp(np.minimum(shortfall, 0))[..., 0] * mean
    return score


def _statistics(prediction: Tokens, references: Sequence[Tokens]) -> list[int]:
    """What one item adds to the sums of the corpus."""
    length = len(prediction)
    matches = [clipped_matches(prediction, references, order).total() for order in ORDERS]
    totals = [max(length - order + 1, 0) for order in ORDERS]
    closest = min(map(len, references), key=lambda size: (abs(size - length), size))
    return [*matches, *totals, length, closest]
