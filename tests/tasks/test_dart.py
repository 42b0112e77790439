from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

import pytest

from bench.config import DataConfig
from bench.errors import DataError
from bench.tasks.base import Pair, Query
from bench.tasks.dart import SOURCE, Dart
from bench.tasks.rows import checker
from bench.tasks.sources import load

# SHA-256 of [context, completion] of every line, as JSON, that format_converting_dart.py of
# microsoft/LoRA (commit c4593f0) writes. Of validation it was run on the file there; of test
# and validation its output is in FDU-INC/Split_LoRA (commit a549b60,
# SplitLoRA/examples/data/dart); of train it was run on the rows that are published here.
OFFICIAL_LINES = {
    "train": "9998c550644c1e99bc5b999959ae1bed356c639976109fdf42e522748b1cb6e4",
    "validation": "ba8ffcc6c70dcba6b958f854896717f88e1172cf0a5ef1ff3092c308ff5fd7da",
    "test": "9be8f6d7fdb3186571208393d6be30719dde428ce7843de32fbddf7562ecd74a",
}


@pytest.fixture
def published(published: DataConfig) -> DataConfig:
    """The published rows of DART."""
    assert published.root is not None
    if not (published.root / "dart").is_dir():
        pytest.skip(f"no published DART rows in {published.root}; set BENCH_DATA")
    return published


def row(triples: list[list[str]], **texts: list[str | None]) -> dict[str, Any]:
    """A row whose texts are given by their source."""
    return {
        "tripleset": triples,
        "annotations": {
            "source": [source for source, few in texts.items() for _ in few],
            "text": [text for few in texts.values() for text in few],
        },
    }


FACTS = [["Ely Pier", "LENGTH_(M)", "Long"], ["[TABLECONTEXT]", "[TITLE]", "Piers OF Ely"]]
# As format_converting_dart.py (commit c4593f0) writes these facts.
LINE = "Ely Pier : length_(m) : Long | [TABLECONTEXT] : [title] : Piers OF Ely"


def test_relations_alone_are_lower_case() -> None:
    assert Dart().examples([row(FACTS, e2e=["A pier.", "Piers."])]) == [
        Pair(LINE, "A pier."),
        Pair(LINE, "Piers."),
    ]


def test_an_input_counts_in_each_of_its_sources() -> None:
    """Rows whose facts differ in the case of a relation read the same."""
    other = [[one, relation.lower(), value] for one, relation, value in FACTS]
    assert Dart().queries([row(FACTS, e2e=["A"], webnlg=["B"]), row(other, lily=["C"])]) == [
        Query(
            context=LINE,
            gold={"references": ["A", "B", "C"], "subsets": ["e2e", "webnlg", "lily"]},
        )
    ]


def test_missing_text_is_empty() -> None:
    """The official files have "" where the published rows have null; it stays a reference."""
    checked = checker(SOURCE.columns)(row(FACTS, e2e=["A", None]), "row 1")
    (query,) = Dart().queries([checked])
    assert query.gold == {"references": ["A", ""], "subsets": ["e2e"]}


@pytest.mark.parametrize(
    "annotations", [{}, {"text": ["A"]}, {"text": ["A", "B"], "source": ["e2e"]}]
)
def test_annotations_that_do_not_fit_are_named(annotations: dict[str, list[str]]) -> None:
    with pytest.raises(DataError, match=r"annotations=.*text and source, of the same length"):
        Dart().examples([{"tripleset": FACTS, "annotations": annotations}])


@pytest.mark.parametrize("damage", [{"tripleset": [["a", "b", 3]]}, {"annotations": {"text": "A"}}])
def test_columns_have_types(damage: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=f"row 1: {next(iter(damage))}=.* is not of the form"):
        checker(SOURCE.columns)({**row(FACTS, e2e=["A"]), **damage}, "row 1")


@pytest.mark.parametrize(
    ("split", "rows", "examples", "inputs"),
    [
        ("train", 30438, 62659, 30136),
        ("validation", 2768, 6980, 2721),
        ("test", 5097, 12552, 4159),
    ],
)
def test_every_published_line_is_that_of_microsoft_lora(
    published: DataConfig, split: Any, rows: int, examples: int, inputs: int
) -> None:
    (loaded,) = load(Dart(), published, split, None)
    pairs = Dart().examples(loaded.rows)
    queries = Dart().queries(loaded.rows)
    assert (loaded.total, loaded.partial, len(pairs), len(queries)) == (
        *(rows, False),
        *(examples, inputs),
    )
    assert sum(len(query.gold["references"]) for query in queries) == examples
    lines = [json.dumps([one.context, one.text], ensure_ascii=False) for one in pairs]
    text = "".join(f"{line}\n" for line in lines)
    assert hashlib.sha256(text.encode()).hexdigest() == OFFICIAL_LINES[split]


def test_sources_of_the_test_split(published: DataConfig) -> None:
    """No input has two. The 1,862 of webnlg are as many as WebNLG's test split has."""
    (loaded,) = load(Dart(), published, "test", None)
    found = Counter(tuple(one.gold["subsets"]) for one in Dart().queries(loaded.rows))
    assert found == {
        ("webnlg",): 1862,
        ("e2e",): 1797,
        ("WikiSQL_decl_sents",): 346,
        ("WikiTableQuestions_lily",): 95,
        ("WikiTableQuestions_mturk",): 34,
        ("WikiSQL_lily",): 25,
    }


def test_source_is_a_commit() -> None:
    assert SOURCE.revision is not None
    assert len(bytes.fromhex(SOURCE.revision)) == 20
    assert [file.paths for files in Dart.files.values() for file in files] == [
        (f"default/{split}/0000.parquet",) for split in ("train", "validation", "test")
    ]
