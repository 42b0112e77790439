"""The bar on repeated n-grams, against a plain loop and against transformers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import NoRepeatNGramLogitsProcessor

from bench.decoding.ngrams import NoRepeatedNgrams, repeating

VOCABULARY = 4
SIZES = st.integers(1, 5)


@st.composite
def histories(draw, least: int = 0) -> torch.Tensor:
    """(rows, length) tokens of a vocabulary so small that repetitions are common."""
    rows, length = draw(st.integers(1, 4)), draw(st.integers(least, 14))
    cells = st.integers(0, VOCABULARY - 1)
    row = st.lists(cells, min_size=length, max_size=length)
    table = draw(st.lists(row, min_size=rows, max_size=rows))
    return torch.tensor(table, dtype=torch.int64).reshape(rows, length)


def would_repeat(row: list[int], token: int, size: int) -> bool:
    """The definition: appending `token` makes a last n-gram that is there already."""
    longer = [*row, token]
    grams = [tuple(longer[at : at + size]) for at in range(len(longer) - size + 1)]
    return bool(grams) and grams[-1] in grams[:-1]


@given(histories(), SIZES)
def test_marks_exactly_the_tokens_that_the_definition_marks(history, size):
    expected = [
        [would_repeat(row, token, size) for token in range(VOCABULARY)] for row in history.tolist()
    ]
    assert repeating(history, size, VOCABULARY).tolist() == expected


@given(histories(least=1), SIZES)
def test_equals_transformers_where_there_is_no_prompt(history, size):
    scores = torch.zeros(len(history), VOCABULARY)
    theirs = NoRepeatNGramLogitsProcessor(size)(history, scores)
    assert repeating(history, size, VOCABULARY).tolist() == theirs.isinf().tolist()


@given(histories(), histories(), SIZES)
def test_the_prompt_never_bars_a_token(prompt, history, size):
    rows = min(len(prompt), len(history))
    whole = torch.cat([prompt[:rows], history[:rows]], dim=1)
    scores = torch.arange(float(rows * VOCABULARY)).reshape(rows, VOCABULARY)
    alone = NoRepeatedNgrams(size, 0)(history[:rows], scores)
    behind = NoRepeatedNgrams(size, prompt.shape[1])(whole, scores)
    assert torch.equal(alone, behind)


@pytest.mark.parametrize(
    ("history", "expected"),
    [([0, 1, 2, 0], [5.0, -torch.inf, 7.0]), ([0, 1, 2, 2, 2], [5.0, 6.0, -torch.inf])],
)
def test_barred_scores_are_minus_infinity_and_others_unchanged(history, expected):
    scores = NoRepeatedNgrams(2, 0)(torch.tensor([history]), torch.tensor([[5.0, 6.0, 7.0]]))
    assert scores.tolist() == [expected]


def test_a_row_whose_whole_vocabulary_repeats_keeps_its_scores():
    """Otherwise its probabilities would be 0 / 0."""
    scores = torch.tensor([[1.0, 2.0], [1.0, 2.0]])
    kept = NoRepeatedNgrams(1, 0)(torch.tensor([[0, 1], [0, 0]]), scores)
    assert kept.tolist() == [[1.0, 2.0], [-torch.inf, 2.0]]
