"""BLEU of WebNLG and DART: against sacrebleu; triples_examples.py has that of the script."""

from __future__ import annotations

from math import isfinite

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from bench.metrics.text.multi_bleu import measure_multi_bleu

TEXTS = st.lists(st.sampled_from("aaab"), max_size=9).map(" ".join)
ITEMS = st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)), min_size=1, max_size=6)


def bleu(items: list[tuple[str, list[str]]]) -> float:
    return measure(items).value


def measure(items: list[tuple[str, list[str]]]):
    texts, references = zip(*items, strict=True)
    split = [[text.split() for text in few] for few in references]
    return measure_multi_bleu([text.split() for text in texts], split)


def sacrebleu(items: list[tuple[str, list[str]]]) -> float:
    most = max(len(references) for _, references in items)
    streams = [
        [references[k] if k < len(references) else None for _, references in items]
        for k in range(most)
    ]
    metric = BLEU(tokenize="none", smooth_method="none", force=True)
    return metric.corpus_score([text for text, _ in items], streams).score / 100


@given(ITEMS)
def test_equals_sacrebleu(items: list[tuple[str, list[str]]]) -> None:
    """Without smoothing and tokenizer, over ragged references and empty texts."""
    # sacrebleu leaves a reference without words out, the script counts its length of 0.
    assume(all(all(references) for _, references in items))
    assert bleu(items) == pytest.approx(sacrebleu(items), rel=1e-12, abs=1e-15)


@given(ITEMS)
def test_is_finite_and_of_its_sums(items: list[tuple[str, list[str]]]) -> None:
    """Values and items in 0-1 for any text; resampling every item once gives the value."""
    found = measure(items)
    assert found.items is not None
    assert all(isfinite(value) and 0 <= value <= 1 for value in (found.value, *found.items))
    assert found.resampled(np.ones((1, len(items))))[0] == pytest.approx(found.value, abs=1e-12)
    assert bleu(items[::-1]) == pytest.approx(found.value, abs=1e-12)
    assert found.items == pytest.approx([bleu([item]) for item in items], abs=1e-12)


def test_perfect_predictions_have_1_but_for_short_ones() -> None:
    """As the script: three words have no 4-gram, so BLEU is 0."""
    assert bleu([("a b c d", ["x", "a b c d"]), ("a b", ["a b"])]) == 1.0
    assert bleu([("a b c", ["a b c"])]) == 0.0
    assert bleu([("", [""])]) == 0.0


def test_of_two_lengths_as_close_the_shorter_counts() -> None:
    """A text of 5 words with references of 6 and 4: no brevity penalty."""
    assert bleu([("a b c d e", ["a b c d e f", "a b c d"])]) == pytest.approx(1.0)
    assert bleu([("a b c d e", ["a b c d e f"])]) == pytest.approx(np.exp(-0.2))
