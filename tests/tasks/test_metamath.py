from __future__ import annotations

import random

import pytest

from bench.config import DataConfig
from bench.errors import DataError, MetricError
from bench.metrics import math as graders
from bench.metrics.math import score_math
from bench.tasks.items import AnswerItem
from bench.tasks.metamath import MetaMath
from bench.tasks.sources import load
from tests.tasks.published_rows import published_rows

RIGHT = {
    "gsm8k": ("2 * 9 = 18\n#### 18\nThe answer is: 18", "#### 18"),
    "math": (r"It is $\boxed{\frac12}$." + "\n" + r"The answer is: \frac12", r"$\boxed{\frac12}$"),
}
WRONG = "The answer is: 7\n#### 7\n$\\boxed{7}$"


@pytest.fixture
def published() -> DataConfig:
    return published_rows("gsm8k", "math")


def items_of(kind: str, right: int, wrong: int, *more: str) -> list[AnswerItem]:
    prediction, answer = RIGHT[kind]
    said = [prediction] * right + [WRONG] * wrong
    return [AnswerItem(prediction=one, answer=answer, subsets=(kind, *more)) for one in said]


def test_both_test_sets_are_read_whole(published):
    parts = load(MetaMath(), published, "test", None)
    assert [(part.name, part.subset, part.total, part.partial) for part in parts] == [
        ("test_gsm8k", "gsm8k", 1319, False),
        ("test_math", "math", 5000, False),
    ]
    first, second = (MetaMath().queries(part.rows, part.subset) for part in parts)
    assert first[0].gold["subsets"] == ["gsm8k"]
    assert second[0].gold["subsets"][0] == "math"
    assert all(name.startswith("math_") for name in second[0].gold["subsets"][1:])
    assert len(second[0].gold["subsets"]) == 3


def test_one_test_set_alone_is_taken_where_the_data_may_be_partial(published, tmp_path):
    (tmp_path / "gsm8k").mkdir()
    source = published.root / "gsm8k" / "test.jsonl.gz"
    (tmp_path / "gsm8k" / "test.jsonl.gz").write_bytes(source.read_bytes())
    (part,) = load(
        MetaMath(), DataConfig(source="local", root=tmp_path, partial=True), "test", None
    )
    assert part.subset == "gsm8k"
    with pytest.raises(DataError, match="math: no such folder"):
        load(MetaMath(), DataConfig(source="local", root=tmp_path), "test", None)


def test_each_test_set_is_scored_by_its_own_rules_whatever_the_order():
    """Accuracies 3/4 and 1/2, and no score of both together."""
    items = items_of("gsm8k", 3, 1) + items_of("math", 1, 1, "math_level_2")
    random.Random(3).shuffle(items)  # noqa: S311
    scores = MetaMath().score(items)
    expected = {f"{rule}_gsm8k": 0.75 for rule in graders.NAMES}
    expected |= {f"{rule}_math{more}": 0.5 for rule in graders.NAMES for more in ("", "_level_2")}
    assert scores.values == expected
    assert {one.name for one in MetaMath.metrics} <= scores.values.keys()
    right = [float(one.prediction != WRONG) for one in items]
    assert {rule: list(one) for rule, one in scores.items.items()} == dict.fromkeys(
        graders.NAMES, right
    )
    assert scores.errors.keys() == expected.keys()


def test_scores_are_those_of_each_test_set_alone():
    items = items_of("gsm8k", 3, 2) + items_of("math", 4, 1)
    together = MetaMath().score(items)
    for kind in RIGHT:
        own = [one for one in items if kind in one.subsets]
        alone = score_math(kind, [one.prediction for one in own], [one.answer for one in own])
        for rule in graders.NAMES:
            assert together.values[f"{rule}_{kind}"] == alone.values[rule]
            assert together.errors[f"{rule}_{kind}"] == alone.errors[rule]


def test_a_test_set_without_items_has_no_score_and_says_so():
    scores = MetaMath().score(items_of("math", 1, 0))
    assert scores.values["accuracy_strict_gsm8k"] is None
    assert scores.unavailable["accuracy_strict_gsm8k"] == "no items of gsm8k"
    assert scores.values["accuracy_strict_math"] == 1.0


def test_a_grader_that_does_not_work_leaves_the_others(monkeypatch):
    def broken(kind, *_):
        if kind == "math":
            raise MetricError("no such library")
        return [True]

    monkeypatch.setattr(graders, "right_symbolic", broken)
    scores = MetaMath().score(items_of("gsm8k", 1, 0) + items_of("math", 1, 0))
    assert scores.values["accuracy_symbolic_gsm8k"] == 1.0
    assert scores.values["accuracy_symbolic_math"] is None
    assert scores.unavailable["accuracy_symbolic_math"] == "no such library"
    assert scores.items.keys() == {"accuracy_metamath", "accuracy_strict"}


@pytest.mark.parametrize("subsets", [(), ("algebra",), ("gsm8k", "math")])
def test_an_item_of_neither_or_both_test_sets_is_named(subsets):
    item = AnswerItem(prediction="", answer="1", subsets=subsets)
    with pytest.raises(MetricError, match=r"item 2: subsets=.*must have one of gsm8k, math"):
        MetaMath().score([*items_of("gsm8k", 1, 0), item])
