from __future__ import annotations

from collections import Counter

import pytest

from bench.config import DataConfig
from bench.tasks.items import AnswerItem
from bench.tasks.math import FILES, Math, word
from bench.tasks.sources import load
from tests.tasks.published_rows import published_rows

# Rows of the seven files of each split on the hub (EleutherAI/hendrycks_math at the pinned
# commit), train and test.
SUBJECTS = {
    "algebra": (1744, 1187),
    "counting_probability": (771, 474),
    "geometry": (870, 479),
    "intermediate_algebra": (1295, 903),
    "number_theory": (869, 540),
    "prealgebra": (1205, 871),
    "precalculus": (746, 546),
}


@pytest.fixture
def published() -> DataConfig:
    return published_rows("math")


@pytest.mark.parametrize(("split", "column"), [("train", 0), ("test", 1)])
def test_published_rows_are_all_there(published, split, column):
    (loaded,) = load(Math(), published, split, None)
    found = Counter(word(row["type"]) for row in loaded.rows)
    assert found == {subject: rows[column] for subject, rows in SUBJECTS.items()}
    assert (loaded.total, loaded.partial) == (FILES[split][0].rows, False)


def test_test_queries_know_their_level_and_subject(published):
    (loaded,) = load(Math(), published, "test", None)
    levels = Counter(query.gold["subsets"][0] for query in Math().queries(loaded.rows))
    assert levels.keys() == {f"level_{n}" for n in range(1, 6)}
    assert {query.gold["subsets"][1] for query in Math().queries(loaded.rows)} == SUBJECTS.keys()


def test_every_published_solution_can_be_trained_on_and_is_right(published):
    """By MetaMath's rule and the last box; boxes without braces have no right answer there."""
    for split in ("train", "test"):
        (loaded,) = load(Math(), published, split, None)
        pairs, queries = Math().examples(loaded.rows), Math().queries(loaded.rows)
        assert len(pairs) == len(loaded.rows)
    items = [
        AnswerItem(prediction=pair.text, **query.gold)
        for pair, query in zip(pairs[::50], queries[::50], strict=True)
    ]
    values = Math().score(items).values
    assert values["accuracy_metamath"] == values["accuracy_strict"] == 1.0
    assert values["accuracy_metamath_level_3"] == values["accuracy_strict_algebra"] == 1.0
    wrong = [AnswerItem(prediction="The answer is: 0.123", answer=one.answer) for one in items]
    assert set(Math().score(wrong).values.values()) == {0.0}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Level 5", "level_5"),
        ("Level ?", "level"),
        ("Counting & Probability", "counting_probability"),
    ],
)
def test_subsets_are_words(name, expected):
    assert word(name) == expected
