from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from bench.config import DataConfig
from bench.tasks.e2e import E2E, attributes
from bench.tasks.sources import content_hash, load
from bench.tasks.synthetic.e2e import generate

SPLITS = ("train", "validation", "test")
HASHES = {
    "train": "e3fb6c2588097f11b7924019631e98bbf7ed278c644558c0d1567affad4dbde4",
    "validation": "14916c3bcba6ca2d17bb5de8efc4d11bfb6fd78201f0974ae436c5b6a8393096",
    "test": "5d47faee86ddc4abbd6a195df43035a1d9033e371a278365e53983bf0028e486",
}
FAMILIES = {
    "yes": r"(?<!not )family-friendly|welcomes families",
    "no": r"not family-friendly|adults-only|for adults only",
}


def representations(split):
    return {row["meaning_representation"] for row in generate(split)}


@pytest.mark.parametrize("split", SPLITS)
def test_rows_never_change(split):
    """Other rows would need a new version of the task: records carry this hash."""
    assert content_hash(generate(split)) == HASHES[split]


@pytest.mark.parametrize("seed", ["0", "1"])
def test_rows_do_not_depend_on_the_process(seed):
    """Neither on the order of sets nor on the seed of hashes."""
    code = (
        "from bench.tasks.synthetic.e2e import generate; "
        "from bench.tasks.sources import content_hash; print(content_hash(generate('test')))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == HASHES["test"]


@pytest.mark.parametrize(
    ("split", "rows", "inputs"),
    [("train", 1983, 450), ("validation", 212, 45), ("test", 280, 60)],
)
def test_sizes(split, rows, inputs):
    queries = E2E().queries(generate(split))
    assert (len(generate(split)), len(queries)) == (rows, inputs)
    for query in queries:
        texts = query.gold["references"]
        assert 3 <= len(set(texts)) == len(texts) <= 6


def test_no_input_and_no_name_is_in_two_splits():
    for kind in (representations, lambda s: {attributes(r)[0] for r in representations(s)}):
        found = [kind(split) for split in SPLITS]
        assert all(found)
        assert len(set.union(*found)) == sum(map(len, found))


@pytest.mark.parametrize("split", SPLITS)
def test_every_text_states_every_value(split):
    for row in generate(split):
        text = row["human_reference"]
        for name, value in attributes(row["meaning_representation"]):
            stated = FAMILIES[value] if name == "familyFriendly" else rf"\b{re.escape(value)}\b"
            if value.startswith("£"):
                stated = re.escape(value)
            assert re.search(stated, text), (name, value, text)
        contrary = {"familyFriendly[yes]": "no", "familyFriendly[no]": "yes"}
        for attribute, other in contrary.items():
            if attribute in row["meaning_representation"]:
                assert not re.search(FAMILIES[other], text), text


@pytest.mark.parametrize("split", SPLITS)
def test_texts_are_tidy_english(split):
    """Sentences start with a capital, end with a stop; articles agree; nothing is doubled."""
    for row in generate(split):
        text = row["human_reference"]
        assert re.fullmatch(r"(?:[A-Z][^.]*[^.\s]\.)(?: [A-Z][^.]*[^.\s]\.)*", text), text
        assert not re.search(r"  | ,|[{}\[\]]", text), text
        assert not re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]", text), text
        assert not re.search(r"\b(\w+) \1\b", text), text


def test_all_eight_attributes_and_all_sizes_occur():
    found = [dict(attributes(each)) for each in representations("train")]
    assert {len(values) for values in found} == set(range(3, 9))
    names = {name for values in found for name in values}
    assert names == {
        *("name", "eatType", "food", "priceRange"),
        *("customer rating", "area", "familyFriendly", "near"),
    }


def test_nothing_is_copied_from_the_published_rows(published: DataConfig):
    for split in SPLITS:
        (rows,) = (part.rows for part in load(E2E(), published, split, None))
        texts = {row["human_reference"] for row in rows}
        inputs = {row["meaning_representation"] for row in rows}
        names = {dict(attributes(each))["name"] for each in inputs}
        for row in generate(split):
            assert row["human_reference"] not in texts
            assert row["meaning_representation"] not in inputs
            assert dict(attributes(row["meaning_representation"]))["name"] not in names
