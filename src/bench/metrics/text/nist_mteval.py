"""Corpus NIST as the perl program `mteval-v13a-sig.pl` of tuetschek/e2e-metrics prints it.

`measure_scores.py` runs this program unless it is told `-p`, which means bench.metrics.text.nist;
the two were meant to be equal. Here, in contrast to there:

    r       = items * (tokens of all references / number of all references)
    total_n = n-grams that were predicted; a prediction of fewer than n tokens has none
    case    A-Z alone are lowered, "É" and "é" are two letters
    blank   texts without a word have no token, and such references do not count at all
    "0 w"   an n-gram of two that begins with the word 0 carries the information of w alone:
            to perl, "0" is no word before it

The program reads an SGML file and cuts a text at `</seg>`; that is not repeated here.
"""

from __future__ import annotations

import re
from functools import partial
from math import log2
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.resampling import Measure, additive
from bench.metrics.text.ngrams import NGram, Tokens, corpus_matches
from bench.metrics.text.nist import ORDERS, count_occurrences, length_penalty
from bench.metrics.text.tokenizer_13a import space_13a

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)

# White space in perl: Python's also has four separators of ASCII (1C to 1F).
_BLANKS = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def measure_nist_mteval(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Measure:
    """NIST (unbounded) of texts, each with one or more references; 4 decimals are official.

    Where no reference has a word the program divides by zero; here the score is 0.
    """
    tokens = [mteval_tokens(text) for text in predictions]
    reference_tokens = [[mteval_tokens(text) for text in texts] for texts in references]
    occurrences = count_occurrences(reference_tokens)
    matches = corpus_matches(tokens, reference_tokens, ORDERS)
    statistics = np.array(
        [
            _statistics(*item, occurrences)
            for item in zip(matches, tokens, reference_tokens, strict=True)
        ]
    )
    value = corpus_nist_mteval(statistics.sum(axis=0))
    final = partial(np.apply_along_axis, corpus_nist_mteval, -1)
    return additive(value, statistics, final, tuple(final(statistics).tolist()))


def corpus_nist_mteval(sums: Sequence[float]) -> float:
    """NIST of the summed statistics of a corpus."""
    *numbers, words, texts, items = map(float, sums)
    information, totals = numbers[:ORDERS], numbers[ORDERS:]
    score = sum(one / max(total, 1) for one, total in zip(information, totals, strict=True))
    return length_penalty(totals[0], items * words / max(texts, 1)) * score


def mteval_tokens(text: str) -> list[str]:
    """Words and signs of `text` in lower case."""
    spaced = space_13a(_BLANKS.sub(" ", text))
    return [token for token in _BLANKS.split(spaced.translate(_LOWER)) if token]


def _statistics(
    matches: Sequence[Counter[NGram]],
    prediction: Tokens,
    references: Sequence[Tokens],
    occurrences: Counter[NGram],
) -> list[float]:
    """Matched bits and totals of each order; reference words, references with words, one item."""
    bits = (
        sum(count * _bits(ngram, occurrences) for ngram, count in one.items()) for one in matches
    )
    totals = (max(len(prediction) - shorter, 0) for shorter in range(ORDERS))
    lengths = [len(text) for text in references]
    return [*bits, *totals, sum(lengths), sum(map(bool, lengths)), 1]


def _bits(ngram: NGram, occurrences: Counter[NGram]) -> float:
    before = ngram[:-1]
    return log2(occurrences[() if before == ("0",) else before] / occurrences[ngram])
