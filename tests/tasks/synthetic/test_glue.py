from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.config import DataConfig
from bench.tasks.base import Row
from bench.tasks.compose import task_from
from bench.tasks.sources import content_hash, load
from bench.tasks.synthetic.glue import MAKERS, PEOPLE, VERBS, generate

FILES = [
    (key, name)
    for key in MAKERS
    for name in (
        ("train", "validation_matched", "validation_mismatched")
        if key == "mnli"
        else ("train", "validation")
    )
]
HASH = "d00894056f534b631c085fee96099394643bdc8a73c25f9e0034682a81e8645d"
"""Content hash of the rows of all files one behind the other."""


def texts(row: Row) -> tuple[str, ...]:
    """All of a row but its label."""
    return tuple(value for name, value in row.items() if name != "label")


def everything() -> str:
    """One hash for all files."""
    rows: list[Row] = [row for key, name in FILES for row in generate(key, name)]
    return content_hash(rows)


def test_rows_never_change() -> None:
    """Other rows would need a new version of the tasks: records carry their hashes."""
    assert everything() == HASH


@pytest.mark.parametrize("seed", ["0", "1"])
def test_rows_do_not_depend_on_the_process(seed: str) -> None:
    """Neither on the order of sets nor on the seed of hashes."""
    code = "from tests.tasks.synthetic.test_glue import everything; print(everything())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.strip() == HASH


@pytest.mark.parametrize(("key", "name"), FILES)
def test_rows_are_examples_with_balanced_labels(key: str, name: str) -> None:
    """In the task's columns; as many of each label; no texts twice."""
    task = task_from({"name": key})
    (split,) = (s for s, files in task.files.items() if name in {file.name for file in files})
    (loaded,) = (
        part
        for part in load(task, DataConfig(source="synthetic", root=None), split, None)
        if part.name == name
    )
    assert (loaded.total, loaded.partial) == (480 if name == "train" else 120, False)
    labels = [one.label for one in task.examples(loaded.rows)]
    counts = {label: labels.count(label) for label in labels}
    assert len(counts) == (6 if key == "stsb" else task.labels)
    assert set(counts.values()) == {loaded.total // len(counts)}
    assert len({texts(row) for row in loaded.rows}) == loaded.total


def people(rows: list[Row]) -> set[str]:
    """Everybody whom some text names."""
    names = {name for group in PEOPLE.values() for name in group}
    words = {word for row in rows for text in texts(row) for word in re.findall(r"\w+", text)}
    return names & {word.lower() for word in words}


@pytest.mark.parametrize("key", MAKERS)
def test_no_person_is_in_two_files(key: str) -> None:
    """Every text names one, so no text is in two files either."""
    found = []
    for _, name in (file for file in FILES if file[0] == key):
        rows = generate(key, name)
        assert all(people([{"text": text}]) for row in rows for text in texts(row))
        found.append(people(rows))
    assert len(set.union(*found)) == sum(map(len, found))


def slots(text: str) -> dict[str, str]:
    """What a sentence about a scene states, read back from its words."""
    found: dict[str, str] = {}
    verbs = {form: verb for verb, forms in VERBS.items() for form in (verb, *forms)}
    pattern = (
        r"the (?P<who>\w+) (did not )?(?P<verb>\w+) the (?P<thing>\w+)"
        r"(?P<place> (?:in the attic|behind the mill|at the harbour|under the bridge))?"
    )
    match = re.search(pattern, text.lower())
    assert match is not None, text
    found = {name: value.strip() for name, value in match.groupdict().items() if value}
    day = re.search(r"on monday|last night|in march|at noon", text.lower())
    return {**found, "verb": verbs[found["verb"]], **({"day": day[0]} if day else {})}


@pytest.mark.parametrize("name", ["train", "validation"])
@pytest.mark.parametrize("key", ["mrpc", "qqp", "rte", "stsb", "qnli"])
def test_labels_follow_from_the_texts(key: str, name: str) -> None:
    """Slots that both texts state are equal, or not, as the label says."""
    for row in generate(key, name):
        first, second = map(slots, texts(row))
        both = first.keys() & second.keys()
        equal = sum(first[slot] == second[slot] for slot in both)
        if key == "stsb":
            assert equal == row["label"]
            assert len(both) == 5
        else:
            positive = 0 if key in ("qnli", "rte") else 1
            assert (equal == len(both)) == (row["label"] == positive), row
        if key == "qnli":
            wanted = "place" if row["question"].startswith("Where") else "day"
            assert wanted in second


def test_labels_of_three_classes_follow_from_the_texts() -> None:
    """The same, more, or its denial."""
    for row in generate("mnli", "train"):
        first, second = map(slots, texts(row))
        assert {name: first[name] for name in second} == second
        denied = " did not " in row["hypothesis"]
        added = row["hypothesis"].rstrip(".").split()[-2:] != ["the", second["thing"]]
        assert (denied, added and not denied) == (row["label"] == 2, row["label"] == 1), row


@pytest.mark.parametrize(("key", "name"), FILES)
def test_texts_are_tidy(key: str, name: str) -> None:
    """Single blanks, a capital and an end, but in reviews, which are lower-case without one."""
    for row in generate(key, name):
        for text in texts(row):
            assert not re.search(r"  | ,|[{}\[\]]", text), text
            tidy = r"[a-z].*[a-z]" if key == "sst2" else r"[A-Z].*[a-z][.?]"
            assert re.fullmatch(tidy, text), text


def test_acceptable_sentences_alone_are_whole() -> None:
    """`The WHO VERB the THING ...`, which no unacceptable one reads like."""
    forms = {form for forms in VERBS.values() for form in forms}
    for row in generate("cola", "train"):
        first, _, verb, second = row["sentence"].split()[:4]
        whole = (first, second) == ("The", "the") and verb in forms
        things = row["sentence"].split()[4:5]
        named = things and things[0].strip(".") in {
            *("ladder", "drum", "kite", "clock", "canoe", "teapot", "lamp", "saddle")
        }
        assert (whole and bool(named)) == (row["label"] == 1), row
