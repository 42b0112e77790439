"""Translation edit rate (TER): the least edits and shifts over a set of references.

    TER = (shifts + edits) / words of the reference,   lower is better, can exceed 1

M. Snover et al., "A Study of Translation Edit Rate with Targeted Human Annotation", AMTA
2006: while moving a block of words to another place lowers the edit distance, the move
that lowers it most is made and counts one. The moves are those of the package pyter3 0.3,
which WebNLG's GenerationEval calls: each longest block that the text and the reference
share from two different places i and j on is taken out and put in at place j of what
remains; of equally good moves the one whose text is last in the alphabet wins. The programs
tercom and sacrebleu give other numbers: they move blocks of any length up to 10 words, at
most 50 places far and only where both sides are wrong, and divide by the mean length of the
references, over the whole corpus.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from bench.metrics.resampling import mean_of
from bench.metrics.text.edit_distance import EditDistance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.metrics.resampling import Measure
    from bench.metrics.text.ngrams import Tokens

Words = tuple[str, ...]
Text = TypeVar("Text", Words, bytes)

WORK = 50_000_000
"""Bytes of moved texts that may be compared with one reference.

A pair of real texts needs a twentieth at most. Where thousands of words recur, for which the
official program takes hours, the moves that were found so far count.
"""


def measure_ter(predictions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Measure:
    """TER of a corpus: the mean over its items."""
    return mean_of(np.array(list(map(item_ter, predictions, references))))


def item_ter(prediction: Tokens, references: Sequence[Tokens]) -> float:
    """The least TER over one or more references; that of a reference without words is 1."""
    best = inf
    for reference in sorted(references, key=lambda one: _least(prediction, one)):
        best = min(best, ter(prediction, reference, beat=best))
    return best


def ter(prediction: Tokens, reference: Tokens, beat: float = inf) -> float:
    """TER of one text to one reference; if not under `beat`, any number not under `beat`."""
    if not reference:
        return 1.0
    words, size = tuple(prediction), len(reference)
    distance = EditDistance(reference)
    places = _places(reference)
    floor = _floor(prediction, reference)
    code = distance.code(words)
    (edits,) = distance.edits([code])
    shifts, work = 0, WORK
    # A move that saves a single edit saves nothing, as it counts one itself.
    while edits > floor + 1 and (shifts + floor + 1) / size < beat:
        work -= len(code) * sum(len(places.get(word, ())) for word in words)
        moves = list(_moves(words, places)) if work >= 0 else []
        after = distance.edits([_moved(code, *move, distance.width) for move in moves])
        least = min(after, default=edits)
        if least >= edits:
            break
        best = [move for move, left in zip(moves, after, strict=True) if left == least]
        words = max(_moved(words, *move) for move in best)
        code = distance.code(words)
        shifts, edits = shifts + 1, least
    return (shifts + edits) / size


def _moves(words: Words, places: Mapping[str, Sequence[int]]) -> Iterator[tuple[int, int, int]]:
    """Each block to be moved: its first word, its length, its place in what remains."""
    lengths: dict[int, int] = {}
    for start in range(len(words) - 1, -1, -1):
        # How long the block that begins here equals the reference from each place on.
        lengths = {place: lengths.get(place + 1, 0) + 1 for place in places.get(words[start], ())}
        for place, length in lengths.items():
            if place != start:
                yield start, length, place


def _moved(text: Text, start: int, length: int, place: int, width: int = 1) -> Text:
    """The text, whose words are `width` elements each, after a move."""
    start, end, place = start * width, (start + length) * width, place * width
    rest = text[:start] + text[end:]
    return rest[:place] + text[start:end] + rest[place:]


def _places(reference: Tokens) -> dict[str, list[int]]:
    """Where each word of the reference stands."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(reference):
        places.setdefault(word, []).append(place)
    return places


def _floor(prediction: Tokens, reference: Tokens) -> int:
    """Edits that remain whatever is moved: the words that the other text lacks."""
    shared = (Counter(prediction) & Counter(reference)).total()
    return max(len(prediction), len(reference)) - shared


def _least(prediction: Tokens, reference: Tokens) -> float:
    """A number that TER is not under."""
    return _floor(prediction, reference) / len(reference) if reference else 1.0
