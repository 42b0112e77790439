from __future__ import annotations

import re

import pytest

from bench.config import DataConfig
from bench.errors import ConfigError, DataError
from bench.tasks.compose import task_from
from bench.tasks.gsm8k import GSM8K
from bench.tasks.items import AnswerItem
from bench.tasks.sources import load
from tests.tasks.published_rows import published_rows


@pytest.fixture
def published() -> DataConfig:
    return published_rows("gsm8k")


@pytest.mark.parametrize(("split", "rows"), [("train", 7473), ("test", 1319)])
def test_published_rows_are_all_there(published, split, rows):
    """As many as openai/grade-school-math (commit 3101c7d) publishes, with the pinned content."""
    (loaded,) = load(GSM8K(), published, split, None)
    assert (loaded.total, loaded.partial) == (rows, False)


def test_every_published_solution_is_right_when_it_is_said_as_trained_on(published):
    """By MetaMath's rule and by GSM8K's own, annotations in or out."""
    (loaded,) = load(GSM8K(), published, "test", None)
    golds = [query.gold for query in GSM8K().queries(loaded.rows)]
    for task in (GSM8K(), GSM8K(annotations=True)):
        pairs = task.examples(loaded.rows)
        assert task.annotations == any("<<" in pair.text for pair in pairs)
        items = [
            AnswerItem(prediction=pair.text, **gold)
            for pair, gold in zip(pairs, golds, strict=True)
        ]
        values = task.score(items[:200]).values
        assert values == dict.fromkeys([one.name for one in task.metrics], 1.0)


def test_without_annotations_the_words_stay(published):
    """What is left of a solution differs from the published one by its annotations alone."""
    (loaded,) = load(GSM8K(), published, "train", None)
    for row, pair in zip(loaded.rows, GSM8K().examples(loaded.rows), strict=True):
        solution, _, number = pair.text.rpartition("\nThe answer is: ")
        assert not re.search(r"<<|>>", solution)
        assert re.sub(r"<<.*?>>", "", row["answer"]) == solution
        assert row["answer"].endswith(number) or "," in row["answer"].rpartition("####")[2]


def test_another_number_in_one_row_is_not_the_published_data(published, tmp_path):
    import gzip

    source = published.root / "gsm8k" / "test.jsonl.gz"
    (tmp_path / "gsm8k").mkdir()
    text = gzip.decompress(source.read_bytes()).decode().replace("16 eggs", "17 eggs", 1)
    (tmp_path / "gsm8k" / "test.jsonl").write_text(text)
    with pytest.raises(DataError, match=r"not the published rows \(1,319 rows.*data\.partial=true"):
        load(GSM8K(), DataConfig(source="local", root=tmp_path), "test", None)


def test_options_are_checked():
    assert task_from({"name": "gsm8k", "annotations": True}).annotations is True
    for wrong in ({"annotations": "no"}, {"max_tokens": 0}, {"annotation": True}):
        with pytest.raises(ConfigError, match=r"task\.(annotation|max_token)"):
            task_from({"name": "gsm8k", **wrong})
