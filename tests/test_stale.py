"""Records of older components are told apart, each by what it used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import registry
from bench.config import Cell
from bench.identity import digest
from bench.list.runs import runs
from bench.recording import new_record
from bench.stale import stale
from bench.store.record import Record, parse
from bench.store.store import Store
from tests.test_identity import named

COMMITTED = Path(__file__).parents[1] / "results"


@pytest.fixture
def record(compose_cell: Callable[..., Cell]) -> Callable[..., Record]:
    """A new record of a cell."""

    def made(*overrides: str) -> Record:
        cell = compose_cell(*overrides)
        return new_record(cell, named(cell))

    return made


KINDS = {
    "lora": ("method=lora",),
    "adalorma": ("method=adalorma",),
    "s_loda": ("method=s_loda",),
    "olora": ("method=olora",),
    "ft": ("method=ft",),
    "prompt": ("method=prompt",),
    "rte": ("method=lora", "task=rte", "model=tiny_roberta"),
    "webnlg": ("method=lora", "task=webnlg"),
}
"""Cells that together use a component of every kind."""

RAISED = {
    "update lora": ("lora", "rte", "webnlg", "olora"),
    "update lorma_plus": ("adalorma",),
    "plugin rank_allocation": ("adalorma",),
    "base sparse": ("s_loda",),
    "init olora": ("olora",),
    "select everything": ("ft",),
    "insert prompt": ("prompt",),
    "task e2e": ("lora", "adalorma", "s_loda", "olora", "ft", "prompt"),
    "task rte": ("rte",),
}
"""Whose records become stale where a component's version is raised."""


@pytest.mark.parametrize("component", RAISED)
def test_raising_a_version_makes_its_records_stale_and_no_others(
    component: str, record: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a component of every kind that has a name of its own."""
    records = {name: record(*overrides) for name, overrides in KINDS.items()}
    assert all(stale(one) == [] for one in records.values())
    kind, _, key = component.partition(" ")
    tables = {"base": registry.bases, **{k: getattr(registry, f"{k}s") for k in
              ("update", "select", "insert", "init", "plugin", "task")}}  # fmt: skip
    monkeypatch.setattr(tables[kind]()[key], "version", 7)
    told = {name for name, one in records.items() if stale(one)}
    assert told == set(RAISED[component])
    assert all(stale(records[name]) == [f"{component}: version 1, today 7"] for name in told)
    renamed = {name for name, overrides in KINDS.items()
               if record(*overrides).run_id != records[name].run_id}  # fmt: skip
    assert renamed == told


@pytest.mark.parametrize(
    ("module", "name", "told"),
    [
        ("bench.metrics.e2e", "metrics", {"lora", "adalorma", "s_loda", "olora", "ft", "prompt"}),
        ("bench.metrics.glue", "metrics", {"rte"}),
        ("bench.metrics.triples", "metrics", {"webnlg"}),
        ("bench.metrics.math", "metrics", set()),
        ("bench.models", "models", set(KINDS)),
        ("bench.training", "trainer", set(KINDS)),
        ("bench.decoding", "decoder", set(KINDS)),
    ],
)
def test_what_has_no_name_of_its_own_is_told_too(
    module: str,
    name: str,
    told: set[str],
    record: Callable[..., Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A family of metrics makes the records of its tasks stale; the trainer those of all."""
    records = {name: record(*overrides) for name, overrides in KINDS.items()}
    monkeypatch.setattr(f"{module}.VERSION", 3)
    found = {key: stale(one) for key, one in records.items()}
    assert {key for key, reasons in found.items() if reasons} == told
    assert all(found[key] == [f"{name}: version 1, today 3"] for key in told)


def test_a_component_that_is_gone_is_told(record: Callable[..., Record]) -> None:
    """A method that was removed, and an identity that is no identity."""
    one = record("method=lora")
    one.identity["inputs"]["versions"]["update once"] = 4
    assert stale(one) == ["update once: version 4, there is none today"]
    one.identity["inputs"]["versions"] = [1]
    assert stale(one) == ["its identity tells of no versions"]


def test_the_list_shows_it(
    record: Callable[..., Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status, stale or not, and why."""
    one, other = record("method=lora"), record("method=ft")
    one.status = "finished"
    other.status = "failed"
    other.error = {"type": "ValueError", "message": "odd\nmore", "traceback": "…"}
    for each in (one, other):
        Store(tmp_path).write(each)
    monkeypatch.setattr(registry.updates()["lora"], "version", 2)
    listed = {entry["method"]: entry for entry in runs(tmp_path)}
    assert listed["lora"]["stale"] == ["update lora: version 1, today 2"]
    assert listed["lora"]["why"] == ""
    assert listed["ft"]["stale"] == []
    assert listed["ft"]["why"] == "ValueError: odd"


def test_committed_records_keep_their_names() -> None:
    """Each is called after the hash of what its identity tells, and none is stale."""
    paths = list(Store(COMMITTED).paths())
    assert len(paths) > 70
    for path in paths:
        one = parse(path.read_text(encoding="utf-8"))
        assert digest(one.identity["inputs"]) == one.identity["hash"]
        assert path.stem == one.run_id == one.identity["hash"][:16]
        assert stale(one) == []
