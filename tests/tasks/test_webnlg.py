from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

import pytest

from bench.config import DataConfig
from bench.errors import DataError
from bench.tasks.base import Pair, Query
from bench.tasks.rows import checker
from bench.tasks.sources import load
from bench.tasks.webnlg import SEEN, SOURCE, WebNLG, from_hub

# SHA-256 of [context, completion] of every line, as JSON, that format_converting_webnlg.py of
# microsoft/LoRA (commit c4593f0) writes. Of validation it was run on the file there; of test
# and validation its output is in FDU-INC/Split_LoRA (commit a549b60,
# SplitLoRA/examples/data/webnlg_challenge_2017); of train it was run on the rows that are
# published here.
OFFICIAL_LINES = {
    "train": "3afcfaff559b89b64a2d7a3bab28bb2f05c88c0bf52e919a41494eee16c8d596",
    "validation": "c4bcbdef86af25237054cd81fa76f9318a1e2ac3de502016e7f6eada1af138f9",
    "test": "23e570017591f5bb05a695d612d8a736b5f617f41240afabcbb08867080f9c58",
}


@pytest.fixture
def published(published: DataConfig) -> DataConfig:
    """The published rows of WebNLG."""
    assert published.root is not None
    if not (published.root / "webnlg_2017").is_dir():
        pytest.skip(f"no published WebNLG rows in {published.root}; set BENCH_DATA")
    return published


def row(category: str, *texts: str, comments: tuple[str, ...] | None = None) -> dict[str, Any]:
    return {
        "category": category,
        "triples": [["Ely_Pier", "builtIn", '"May 1894"']],
        "references": list(texts),
        "lex_comment": list(comments or ["good"] * len(texts)),
    }


LINE = 'Ely_Pier : builtIn : "May 1894"'


def test_only_good_texts_are_read() -> None:
    mixed = row("Food", "A", "B", "C", comments=("good", "toFix", "good"))
    assert WebNLG().examples([mixed]) == [Pair(LINE, "A"), Pair(LINE, "C")]
    assert WebNLG().queries([mixed])[0].gold["references"] == ["A", "C"]
    assert WebNLG().queries([row("Food", "B", comments=("toFix",))]) == []


@pytest.mark.parametrize(
    ("category", "subsets"),
    [
        ("Airport", ["seen", "Airport"]),
        ("Artist", ["unseen", "Artist"]),
        ("Sports Team", ["unseen", "Sports_Team"]),
    ],
)
def test_items_are_seen_or_unseen_and_of_a_category(category: str, subsets: list[str]) -> None:
    assert WebNLG().queries([row(category, "A")]) == [
        Query(context=LINE, gold={"references": ["A"], "subsets": subsets})
    ]


def test_comments_that_do_not_fit_are_named() -> None:
    with pytest.raises(DataError, match=r"lex_comment=\['good'\]: .* each of the 2 references"):
        WebNLG().examples([row("Food", "A", "B", comments=("good",))])


@pytest.mark.parametrize("damage", [{"triples": [["a", None, "b"]]}, {"category": 3}])
def test_columns_have_types(damage: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=f"row 1: {next(iter(damage))}=.* is not "):
        checker(SOURCE.columns)({**row("Food", "A"), **damage}, "row 1")


@pytest.mark.parametrize(
    ("split", "rows", "examples", "inputs"),
    [("train", 6940, 18025, 6888), ("validation", 872, 2258, 870), ("test", 1862, 4928, 1862)],
)
def test_every_published_line_is_that_of_microsoft_lora(
    published: DataConfig, split: Any, rows: int, examples: int, inputs: int
) -> None:
    (loaded,) = load(WebNLG(), published, split, None)
    pairs = WebNLG().examples(loaded.rows)
    queries = WebNLG().queries(loaded.rows)
    assert (loaded.total, loaded.partial, len(pairs), len(queries)) == (
        *(rows, False),
        *(examples, inputs),
    )
    assert sum(len(query.gold["references"]) for query in queries) == examples
    lines = [json.dumps([one.context, one.text], ensure_ascii=False) for one in pairs]
    text = "".join(f"{line}\n" for line in lines)
    assert hashlib.sha256(text.encode()).hexdigest() == OFFICIAL_LINES[split]


def test_seen_categories_are_those_of_training(published: DataConfig) -> None:
    """The challenge's own test set has 971 seen and 891 unseen entries."""
    (train,) = load(WebNLG(), published, "train", None)
    (test,) = load(WebNLG(), published, "test", None)
    assert {one["category"] for one in train.rows} == SEEN
    found = Counter(one.gold["subsets"][0] for one in WebNLG().queries(test.rows))
    assert found == {"seen": 971, "unseen": 891}
    categories = {one.gold["subsets"][1] for one in WebNLG().queries(test.rows)}
    assert categories - SEEN == {
        *("Artist", "Athlete", "CelestialBody", "MeanOfTransportation", "Politician")
    }


def hub_row(test_category: str) -> dict[str, Any]:
    """A row as the card of webnlg-challenge/web_nlg shows one, with words of our own."""
    return {
        "category": "Monument",
        "size": 2,
        "eid": "Id7",
        "original_triple_sets": {
            "otriple_set": [["Ely_Pier | built | 1894"], ["Ely_Pier | opened | 1894"]]
        },
        "modified_triple_sets": {
            "mtriple_set": [['Ely_Pier | builtIn | "May 1894"', "Ely_Pier | city | Ely | Wales"]]
        },
        "shape": "(X (X) (X))",
        "shape_type": "sibling",
        "lex": {"comment": ["good", "toFix"], "lid": ["Id1", "Id2"], "text": ["A", "B"]},
        "test_category": test_category,
    }


@pytest.mark.parametrize(
    ("test_category", "kept"),
    [
        ("", 1),
        ("testdata_with_lex", 1),
        ("testdata_no_lex", 0),
        ("testdata_unseen_with_lex", 0),
    ],
)
def test_hub_rows_become_ours(test_category: str, kept: int) -> None:
    """The hub's test split joins three files, two of which repeat inputs of the third."""
    found = list(from_hub([hub_row(test_category)]))
    assert len(found) == kept
    for one in found:
        assert checker(SOURCE.columns)(one, "row 1") == {
            "category": "Monument",
            "triples": [["Ely_Pier", "builtIn", '"May 1894"'], ["Ely_Pier", "city", "Ely | Wales"]],
            "references": ["A", "B"],
            "lex_comment": ["good", "toFix"],
        }


def test_hub_is_refused_for_want_of_a_commit() -> None:
    with pytest.raises(DataError, match=r"no commit of it is known.*data=local"):
        load(WebNLG(), DataConfig(source="hub", root=None), "test", None)
