from __future__ import annotations

from dataclasses import replace

import pytest

from bench.config import DataConfig
from bench.errors import DataError
from bench.tasks.e2e import E2E, SOURCE
from bench.tasks.sources import content_hash, load

ROWS = [
    {"meaning_representation": "name[Café Ügel]", "human_reference": "Café Ügel costs £5.\r\n"},
    {"meaning_representation": "name[Tidal Spoon]", "human_reference": "Tidal Spoon."},
]
HUB = DataConfig(source="hub", root=None)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The hub's cache on a machine without a network: the libraries themselves, nothing faked."""
    import datasets
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    return tmp_path / "hub" / "datasets--tuetschek--e2e_nlg" / "snapshots"


def store(cache, revision, rows, split="test"):
    from pyarrow import Table, parquet

    path = cache / revision / "default" / split / "0000.parquet"
    path.parent.mkdir(parents=True)
    parquet.write_table(Table.from_pylist(rows), path)
    return path


def failure():
    with pytest.raises(DataError) as caught:
        load(E2E(), HUB, "test", None)
    message = str(caught.value)
    assert len(message.splitlines()) == 1, message
    return message


def test_cached_commit_is_read_without_a_network(cache, monkeypatch):
    store(cache, SOURCE.revision, [row | {"idx": 1} for row in ROWS])
    monkeypatch.setattr(E2E, "files", {"test": (replace(E2E.files["test"][0], rows=2),)})
    (loaded,) = load(E2E(), HUB, "test", None)
    assert loaded.rows == tuple(ROWS)
    assert (loaded.partial, loaded.source) == (False, "hub")
    assert loaded.origin == f"tuetschek/e2e_nlg@{SOURCE.revision}"
    assert loaded.sha256 == content_hash(ROWS)


def test_fewer_rows_than_published_are_partial(cache):
    store(cache, SOURCE.revision, ROWS)
    assert load(E2E(), HUB, "test", None)[0].partial


def test_no_network_and_no_cache_names_the_ways_out(cache):
    message = failure()
    assert f"tuetschek/e2e_nlg@{SOURCE.revision} default/test/0000.parquet" in message
    assert "not fetched from the hub (HF_HUB_OFFLINE is set)" in message
    assert "use data=local data.root=DIR, or data=synthetic" in message


def test_another_commit_in_the_cache_is_never_taken(cache):
    store(cache, "f" * 40, ROWS)
    assert "not fetched from the hub" in failure()


def test_damaged_file_in_the_cache_is_named(cache):
    path = store(cache, SOURCE.revision, ROWS)
    path.write_bytes(path.read_bytes()[:-10])
    assert f"{path}: no readable parquet; delete it and run again" in failure()


def test_row_without_a_column_is_named(cache):
    store(cache, SOURCE.revision, [{"human_reference": "x"}])
    assert "0000.parquet row 1: no column meaning_representation" in failure()


def test_without_a_known_commit_nothing_is_read(monkeypatch):
    file = replace(E2E.files["test"][0], source=replace(SOURCE, revision=None))
    monkeypatch.setattr(E2E, "files", {"test": (file,)})
    assert "no commit of it is known" in failure()


def test_several_files_are_read_in_order_and_adapted(cache, monkeypatch):
    """As of the data sets whose layout on the hub is another than here."""
    import json

    folder = store(cache, SOURCE.revision, [{"text": "a"}], split="one").parents[1]
    (folder / "two.json").write_text("".join(json.dumps({"text": t}) + "\n" for t in "bc"))
    source = replace(
        SOURCE,
        columns={"upper": str},
        adapt=lambda rows: ({"upper": r["text"].upper()} for r in rows),
    )
    file = replace(E2E.files["test"][0], source=source, rows=3)
    paths = ("default/one/0000.parquet", "default/two.json")
    monkeypatch.setattr(E2E, "files", {"test": (replace(file, paths=paths),)})
    (loaded,) = load(E2E(), HUB, "test", None)
    assert loaded.rows == ({"upper": "A"}, {"upper": "B"}, {"upper": "C"})
    assert not loaded.partial
