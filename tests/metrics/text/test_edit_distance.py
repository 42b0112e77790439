"""Word edits of many texts at once: against nltk's table of one text at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.metrics.distance import edit_distance

from bench.metrics.text import edit_distance as module
from bench.metrics.text.edit_distance import EditDistance

WORDS = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def texts_of_one_length(draw: st.DrawFn) -> list[list[str]]:
    size = draw(st.integers(0, 20))
    return draw(st.lists(st.lists(WORDS, min_size=size, max_size=size), min_size=1, max_size=9))


@given(st.lists(WORDS, min_size=1, max_size=20), texts_of_one_length())
def test_equals_nltk(reference: list[str], texts: list[list[str]]) -> None:
    """`nltk.edit_distance` on the words, references of one to three bytes."""
    distance = EditDistance(reference)
    expected = [edit_distance(text, reference) for text in texts]
    assert distance.edits([distance.code(text) for text in texts]) == expected


@pytest.mark.parametrize("size", [7, 8, 63, 64, 65, 200])
def test_any_length_of_the_reference(size: int) -> None:
    """Around the ends of bytes and machine words; equal, reversed and other words."""
    reference = [str(index % 11) for index in range(size)]
    texts = [reference, reference[::-1], ["x"] * size]
    distance = EditDistance(reference)
    expected = [edit_distance(text, reference) for text in texts]
    assert distance.edits([distance.code(text) for text in texts]) == expected


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same edits whether texts lie side by side or not; none of no texts."""
    distance = EditDistance("abcab")
    texts = ["abc", "cab", "xxx", "bca", "aaa"]
    codes = [distance.code(text) for text in texts]
    assert distance.edits([]) == []
    together = distance.edits(codes)
    assert together == [edit_distance(text, "abcab") for text in texts]
    monkeypatch.setattr(module, "BATCH", 2)
    assert distance.edits(codes) == together
