"""The JSON of an analysis: written, read, damaged, and no record of a run."""

from __future__ import annotations

import json

import pytest

from bench.analysis.records import new_analysis, parse_analysis, read_analyses, write_analysis
from bench.analysis.rows import EnergyRow
from bench.errors import StoreError
from bench.store.store import Store

ROW = EnergyRow(by="entries", kept=0.4, energy=0.96)
MODEL = {"name": "gpt2", "revision": None, "sha256": "0" * 64}


def made(**changes):
    given = {
        "kind": "energy", "model": MODEL, "name": "block-0", "settings": {"keep": 0.4},
        "values": [ROW],
    }  # fmt: skip
    return new_analysis(**{**given, **changes})


def test_what_is_written_is_read(tmp_path) -> None:
    """Under its kind and model; a second one takes the place of the first."""
    write_analysis(tmp_path, made(settings={"keep": 0.9}))
    path = write_analysis(tmp_path, made())
    assert path == tmp_path / "analysis" / "energy" / "gpt2" / "block-0.json"
    values = json.loads(path.read_text())
    assert values["schema"] == "bench-analysis/1"
    assert values["values"] == [{"by": "entries", "kept": 0.4, "energy": 0.96}]
    assert set(values["provenance"]) >= {"code", "git_sha", "packages", "cpu", "threads"}
    (found,), damaged = read_analyses(tmp_path)
    assert damaged == []
    assert found.values == [ROW]
    assert found.settings == {"keep": 0.4}


def test_it_is_no_record_of_a_run(tmp_path) -> None:
    """It lies as deep below results/ as records do, and the store does not see it."""
    write_analysis(tmp_path, made())
    assert Store(tmp_path).read() == ([], [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema": "bench-record/1"}, "schema bench-record/1 is not known"),
        ({"kind": "ranks"}, "incomplete analysis"),
        ({"kind": "other"}, "incomplete analysis"),
        ({"odd": 1}, "incomplete analysis"),
    ],
)
def test_another_file_is_named_with_the_reason(tmp_path, changes, reason) -> None:
    """The others are still read."""
    path = write_analysis(tmp_path, made(name="block-1"))
    write_analysis(tmp_path, made())
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    found, (damaged,) = read_analyses(tmp_path)
    assert [one.name for one in found] == ["block-0"]
    assert damaged.path == path
    assert reason in damaged.reason


def test_half_a_file_is_no_analysis() -> None:
    """One line, no traceback."""
    with pytest.raises(StoreError, match="not JSON"):
        parse_analysis(made().to_json()[:100])
