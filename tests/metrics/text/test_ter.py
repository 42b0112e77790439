"""TER: against what the package pyter3 0.3 returns."""

from __future__ import annotations

from itertools import permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics.text import ter as module
from bench.metrics.text.edit_distance import EditDistance
from bench.metrics.text.ter import item_ter, measure_ter, ter

FIXED = [
    ("this week the saudis denied information", "saudi arabia denied this week information", 3),
    ("a b c d e f", "d e f a b c", 1),
    ("b a", "a b", 1),
    ("", "a b", 2),
    ("a b c", "c", 2),
    ("the the the cat", "the cat", 2),
    ("c d a b a b", "a b c d a b", 1),
    ("rice is eaten hot", "it is hot rice that is eaten", 5),
    # Here the first move has equals, and another one of them leads to another number.
    ("b c c d d a", "c d a b a d", 3),
    ("c c a a d", "a c b d b c b", 6),
    ("d a a b b c", "b c b c a c a", 5),
]
"""Text, reference, and pyter's shifts and edits."""

# fmt: off
SHUFFLED = [
    2, 3, 6, 4, 1, 4, 5, 8, 2, 3, 5, 7, 2, 4, 9, 11, 3, 2, 2, 5, 3, 4, 6, 7, 2, 5, 5, 6, 5, 5,
    6, 4, 3, 5, 3, 4, 2, 4, 4, 6, 3, 5, 5, 8, 4, 4, 6, 8, 2, 5, 8, 4, 2, 5, 5, 6, 4, 5, 5, 7,
]
"""pyter's shifts and edits of `shuffled_pair(0)`, `shuffled_pair(1)` ..."""
# fmt: on

WORDS = st.lists(st.sampled_from("abcde"), max_size=9).map(tuple)
SOME_WORDS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=9).map(tuple)


def shuffled_pair(seed: int) -> tuple[list[str], list[str]]:
    """A text with blocks that were moved and words that were replaced, and its origin."""
    # Of all generators only random() is promised to stay the same in every Python.
    draw = Random(seed).random  # noqa: S311 (nothing secret)
    reference = ["abcdefghij"[int(draw() * (3 + seed % 8))] for _ in range(5 + seed % 17)]
    text = list(reference)
    for _ in range(1 + seed % 4):
        start = int(draw() * len(text))
        block = text[start : start + 1 + int(draw() * 4)]
        del text[start : start + len(block)]
        place = int(draw() * (len(text) + 1))
        text[place:place] = block
        text[int(draw() * len(text))] = "abcdefghijk"[int(draw() * 11)]
    return text[seed % 3 :], reference


@pytest.mark.parametrize(("text", "reference", "errors"), FIXED)
def test_equals_pyter(text: str, reference: str, errors: int) -> None:
    """`pyter.ter` of pyter3 0.3 on moved, missing, repeated and surplus words."""
    words = reference.split()
    assert ter(text.split(), words) == errors / len(words)


def test_equals_pyter_on_shuffled_texts() -> None:
    """`pyter.ter` on 60 texts of 5 to 21 words with one to four moves and replaced words."""
    pairs = [shuffled_pair(seed) for seed in range(len(SHUFFLED))]
    errors = [ter(text, reference) * len(reference) for text, reference in pairs]
    assert errors == pytest.approx(SHUFFLED, abs=1e-12)


@given(WORDS, st.lists(SOME_WORDS, min_size=1, max_size=4))
def test_of_several_references_the_least_counts(text: tuple[str, ...], references: list) -> None:
    """What pruning leaves out never changes the minimum, in any order."""
    expected = min(ter(text, reference) for reference in references)
    assert {item_ter(text, some) for some in permutations(references)} == {expected}


@given(WORDS, SOME_WORDS)
def test_lies_between_its_bounds(text: tuple[str, ...], reference: tuple[str, ...]) -> None:
    """0 for the very text, never more than the edits without a move."""
    distance = EditDistance(reference)
    (edits,) = distance.edits([distance.code(text)])
    assert abs(len(text) - len(reference)) <= ter(text, reference) * len(reference) <= edits
    assert ter(reference, reference) == 0


def test_a_reference_without_words_has_a_ter_of_1() -> None:
    """As in eval.py, whatever the text; another reference may have less."""
    assert item_ter([], [()]) == item_ter(["a"], [()]) == 1.0
    assert item_ter(["a"], [(), ("a",)]) == 0.0


def test_a_text_of_thousands_of_words_keeps_its_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where moves would take hours none is tried; within the bound nothing changes."""
    assert ter(["the", "cat"] * 1250, ["cat", "the"] * 200) == (2500 - 400) / 400
    monkeypatch.setattr(module, "WORK", 0)
    assert ter(list("abcdef"), list("defabc")) == 1.0


def test_a_corpus_is_the_mean_of_its_items() -> None:
    """Value, items, and resampling of counts."""
    references = [[("a", "b")], [("a", "b"), ("b",)], [("c",)]]
    measure = measure_ter([("b", "a"), ("b",), ("a", "b")], references)
    assert measure.items == (0.5, 0.0, 2.0)
    assert measure.value == pytest.approx(2.5 / 3)
    counts = np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 0.0]])
    assert measure.resampled(counts) == pytest.approx([2.5 / 3, 1 / 3])
