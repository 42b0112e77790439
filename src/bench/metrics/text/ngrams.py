"""n-grams of token sequences and how often they occur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

Tokens = Sequence[str]
NGram = tuple[str, ...]


def ngrams(tokens: Tokens, order: int) -> Iterator[NGram]:
    """The n-grams of `order` tokens, from left to right; none if there are fewer tokens."""
    return zip(*(tokens[start:] for start in range(order)), strict=False)


def count_ngrams(tokens: Tokens, order: int) -> Counter[NGram]:
    """Occurrences of each n-gram."""
    return Counter(ngrams(tokens, order))


def clipped_matches(prediction: Tokens, references: Sequence[Tokens], order: int) -> Counter[NGram]:
    """Matched n-grams: each counts at most as often as in the reference that has most of it.

    K. Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine
    Translation", ACL 2002, section 2.1.
    """
    return count_ngrams(prediction, order) & _most(references, order)


def corpus_matches(
    predictions: Sequence[Tokens], references: Sequence[Sequence[Tokens]], orders: int
) -> Iterator[list[Counter[NGram]]]:
    """Clipped matches of every item: one counter for each order from 1 to `orders`.

    Items that share their references, as the rows of E2E and DART do, share their counts.
    """
    known: dict[tuple[NGram, ...], list[Counter[NGram]]] = {}
    for prediction, texts in zip(predictions, references, strict=True):
        key = tuple(map(tuple, texts))
        if key not in known:
            known[key] = [_most(texts, order) for order in range(1, orders + 1)]
        yield [count_ngrams(prediction, at) & most for at, most in enumerate(known[key], 1)]


def _most(references: Sequence[Tokens], order: int) -> Counter[NGram]:
    """Occurrences of each n-gram in the reference that has most of it."""
    most: Counter[NGram] = Counter()
    for reference in references:
        most |= count_ngrams(reference, order)
    return most
