"""NIST of the perl program: expected values are its own output.

`mteval/mteval-v13a-sig.pl` of tuetschek/e2e-metrics, commit 1b9c4d8, its '%2.4f' widened to
'%.15f', on the .sgm files that `create_mteval_file` of measure_scores.py writes.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.metrics.text.nist import measure_nist
from bench.metrics.text.nist_mteval import measure_nist_mteval, mteval_tokens
from bench.metrics.text.tokenizer_13a import lower_tokens_13a

if TYPE_CHECKING:
    from tests.metrics.conftest import Corpus

ZERO = (
    ["0 stars and 0 reviews .", "rated 0 out of 5"],
    [["0 stars and 0 reviews", "it has 0 stars"], ["it is rated 0 out of 5 by us", "rated 0 of 5"]],
)
CASE = (
    ["CAFÉ ZOË IS OPEN", "the Éclair is good"],
    [["Café Zoë is open now"], ["The éclair is good", "the Éclair tastes good today"]],
)
RAGGED = (
    ["a b c d e f", "the inn is open"],
    [
        ["a b c d e f g h i j k l m n"],
        ["the inn is open", "the inn opens", "open is the inn", "an inn"],
    ],
)
EMPTY_REFERENCE = (["a b c d", "e f g h"], [["a b c d e"], ["e f g h i", "", "x y z"]])
EMPTY_PREDICTION = (["", "a b c d e"], [["x y", "z"], ["a b c d e f"]])
BLANKS = (
    ["5\u00a0stars in the centre", "on Monday"],
    [["5 stars in\u2003the centre", "5\u00a0stars"], ["on Monday", "on\u0085Monday \x1f"]],
)


@pytest.mark.parametrize(
    ("corpus", "official"),
    [
        pytest.param(ZERO, 4.829330755718617, id="the word 0"),
        pytest.param(CASE, 2.583295966863375, id="case beyond ASCII"),
        pytest.param(RAGGED, 4.716291621090530, id="ragged references"),
        pytest.param(EMPTY_REFERENCE, 3.642376409816055, id="empty reference"),
        pytest.param(EMPTY_PREDICTION, 2.755385799267652, id="empty prediction"),
        pytest.param(BLANKS, 3.546867262625919, id="blanks of Unicode"),
    ],
)
def test_equals_the_perl_program_where_it_is_peculiar(
    corpus: tuple[list[str], list[list[str]]], official: float
) -> None:
    """Each of its own ways, which NIST of bench.metrics.text.nist does not share."""
    predictions, references = corpus
    assert measure_nist_mteval(predictions, references).value == pytest.approx(official, rel=1e-12)
    tokens = [lower_tokens_13a(text) for text in predictions]
    plain = measure_nist(tokens, [[lower_tokens_13a(t) for t in texts] for texts in references])
    assert plain.value != pytest.approx(official, rel=1e-3)


def test_equals_the_perl_program(corpus: Corpus) -> None:
    """Every example corpus, those with no or one word included."""
    value = measure_nist_mteval(corpus.predictions, corpus.references).value
    assert value == pytest.approx(corpus.official["NIST_mteval"], rel=1e-12)


def test_equals_nist_with_one_reference_each() -> None:
    """What the two were meant to be: predictions of five words and more, ASCII, no word 0."""
    predictions = ["The inn is open on Mondays.", "A cheap pub by the old mill."]
    references = [["The inn opens on Mondays and Fridays."], ["There is a cheap pub by a mill."]]
    plain = measure_nist(
        [lower_tokens_13a(text) for text in predictions],
        [[lower_tokens_13a(text) for text in texts] for texts in references],
    )
    mteval = measure_nist_mteval(predictions, references)
    assert mteval.value == pytest.approx(plain.value, rel=1e-12)
    assert mteval.items == pytest.approx(plain.items, rel=1e-12)


def test_resamples_are_ratios_of_sums(whole: Corpus) -> None:
    """All items once or twice are the corpus; one item drawn is that item alone."""
    measure = measure_nist_mteval(whole.predictions, whole.references)
    n = len(whole.predictions)
    counts = np.array([[1.0], [2.0]]) * np.ones(n)
    assert measure.resampled(counts) == pytest.approx([measure.value] * 2, rel=1e-12)
    assert measure.resampled(np.eye(n)) == pytest.approx(measure.items, rel=1e-12)


def test_the_order_of_items_does_not_matter(whole: Corpus) -> None:
    """Up to the rounding of sums."""
    forward = measure_nist_mteval(whole.predictions, whole.references)
    backward = measure_nist_mteval(whole.predictions[::-1], whole.references[::-1])
    assert backward.value == pytest.approx(forward.value, rel=1e-12)
    assert backward.items == (forward.items or ())[::-1]


def test_ends_of_lines_are_blanks_before_anything_else() -> None:
    """The program joins lines first, so that no hyphen at an end is left to be dropped."""
    assert mteval_tokens("well-\nknown\r\nÉ&lt;A") == ["well-", "known", "É", "<", "a"]
    assert mteval_tokens(" \n") == []


@pytest.mark.parametrize("text", ["", "word", "!", "x" * 10_000, "a b " * 2_500, "\ud800"])
def test_any_text_has_a_finite_score(text: str) -> None:
    """No text, one word and 10,000 characters neither fail nor give NaN; no reference scores 0."""
    measure = measure_nist_mteval([text, "", text], [["The cat sat.", ""], ["a"], [text]])
    resampled = measure.resampled(np.array([[1.0, 1, 1], [3, 0, 0], [0, 1, 2]]))
    assert all(map(isfinite, (measure.value, *(measure.items or ()), *resampled)))
    assert measure_nist_mteval([text], [["", " "]]).value == 0.0
