from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest

from bench.config import DataConfig
from bench.tasks.dart import Dart
from bench.tasks.sources import content_hash, load
from bench.tasks.synthetic import dart as dart_synthetic
from bench.tasks.synthetic import webnlg as webnlg_synthetic
from bench.tasks.triples import TriplesTask
from bench.tasks.webnlg import WebNLG

SPLITS = ("train", "validation", "test")
TASKS: dict[str, tuple[TriplesTask, Any]] = {
    "dart": (Dart(), dart_synthetic.generate),
    "webnlg": (WebNLG(), webnlg_synthetic.generate),
}
HASHES = {
    ("dart", "train"): "b141376290d087c8a92f23da6f4e9c1c32ca6fcae190e853f21aa80fc3179200",
    ("dart", "validation"): "d7d85282049626ad65b6bb8c07e331ba2e0bd72b08f0f51801d5158518fa5794",
    ("dart", "test"): "bc7f3fbb2e5861da900b566e389c309de18e5a34bbb92b6b14959cca7b7b1e93",
    ("webnlg", "train"): "237db1948f677a0a74b7cd13aaa1fddafaac29283b5244309a06c76d2f109d95",
    ("webnlg", "validation"): "5f0d0afb4a9a0fa17b664eb526769cad27d759a4cffb5c70dc8a75cfefc55593",
    ("webnlg", "test"): "1836b802fad624c3c5f854daad4033c7a81efa78c086ec1c51e46f606443cc76",
}
BOTH = pytest.mark.parametrize("key", TASKS)
EVERY = pytest.mark.parametrize(("key", "split"), [(k, s) for k in TASKS for s in SPLITS])


def examples(key: str, split: str) -> list[Any]:
    task, generate = TASKS[key]
    return task.examples(generate(split))


def parts(context: str) -> list[list[str]]:
    return [one.replace("_", " ").split(" : ") for one in context.split(" | ")]


@EVERY
def test_rows_never_change(key: str, split: str) -> None:
    """Other rows would need a new version of the task: records carry this hash."""
    assert content_hash(TASKS[key][1](split)) == HASHES[key, split]


@BOTH
@pytest.mark.parametrize("seed", ["0", "1"])
def test_rows_do_not_depend_on_the_process(key: str, seed: str) -> None:
    """Neither on the order of sets nor on the seed of hashes."""
    code = (
        f"from bench.tasks.synthetic.{key} import generate; "
        "from bench.tasks.sources import content_hash; print(content_hash(generate('test')))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == HASHES[key, "test"]


@EVERY
def test_sizes(key: str, split: str) -> None:
    """Each input has two or three distinct texts."""
    task, generate = TASKS[key]
    queries = task.queries(generate(split))
    assert len(queries) == {"train": 400, "validation": 40, "test": 60}[split]
    for query in queries:
        texts = query.gold["references"]
        assert 2 <= len(set(texts)) == len(texts) <= 3


@BOTH
def test_no_input_and_no_name_is_in_two_splits(key: str) -> None:
    contexts = [{one.context for one in examples(key, split)} for split in SPLITS]
    names = [{parts(context)[0][0] for context in found} for found in contexts]
    for found in (contexts, names):
        assert all(found)
        assert len(set.union(*found)) == sum(map(len, found))


@EVERY
def test_every_text_states_every_fact(key: str, split: str) -> None:
    for one in examples(key, split):
        for subject, _, value in parts(one.context):
            assert re.search(rf"\b{re.escape(subject)}\b", one.text), one
            assert re.search(rf"\b{re.escape(value)}\b", one.text), one


@EVERY
def test_texts_are_tidy_english(key: str, split: str) -> None:
    """Sentences start with a capital or a number and end with a stop; nothing is doubled."""
    for one in examples(key, split):
        sentence = r"[A-Z0-9][^.]*[^.\s]\."
        assert re.fullmatch(rf"{sentence}(?: {sentence})*", one.text), one.text
        assert not re.search(r"  | ,|[{}_]", one.text), one.text
        assert not re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]", one.text), one.text
        assert not re.search(r"\b(\w+) \1\b", one.text), one.text


@BOTH
def test_all_sizes_and_further_facts_occur(key: str) -> None:
    found = [parts(one.context) for one in examples(key, "train")]
    own = {sum(triple[0] == facts[0][0] for triple in facts) for facts in found}
    assert own == {1, 2, 3, 4}
    assert any(triple[0] == facts[1][2] for facts in found for triple in facts[2:] if facts[1:])


def test_webnlg_rows_have_faulty_texts_and_unseen_categories() -> None:
    """What the task leaves out, and what it tells apart, can be tried without published rows."""
    rows = {split: webnlg_synthetic.generate(split) for split in SPLITS}
    for found in rows.values():
        comments = [comment for row in found for comment in row["lex_comment"]]
        assert 0 < comments.count("toFix") < len(found) / 5
        assert set(comments) == {"good", "toFix"}
    seen = [q.gold["subsets"][0] for q in WebNLG().queries(rows["test"])]
    assert 10 <= seen.count("unseen") <= 30
    assert {q.gold["subsets"][0] for q in WebNLG().queries(rows["train"])} == {"seen"}


def test_dart_inputs_stand_in_several_rows_and_have_two_sources() -> None:
    rows = dart_synthetic.generate("test")
    assert len(rows) > len(Dart().queries(rows))
    subsets = {tuple(query.gold["subsets"]) for query in Dart().queries(rows)}
    assert subsets == {("places",), ("things",)}
    assert all(relation.isupper() for row in rows for _, relation, _ in row["tripleset"])


@BOTH
def test_nothing_is_copied_from_the_published_rows(key: str, published: DataConfig) -> None:
    task, generate = TASKS[key]
    folder = task.files["train"][0].source.folder
    assert published.root is not None
    if not (published.root / folder).is_dir():
        pytest.skip(f"no published rows in {published.root / folder}; set BENCH_DATA")
    theirs = [
        pair
        for split in SPLITS
        for part in load(task, published, split, None)
        for pair in task.examples(part.rows)
    ]
    texts = {pair.text for pair in theirs}
    names = {triple.split(" : ")[0] for pair in theirs for triple in pair.context.split(" | ")}
    for split in SPLITS:
        for pair in task.examples(generate(split)):
            assert pair.text not in texts
            assert not {one.split(" : ")[0] for one in pair.context.split(" | ")} & names
