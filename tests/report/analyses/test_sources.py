"""Which analyses are read, and which are named and left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.report.analyses.sources import read_sources
from tests.report.analyses.analysis_files import (
    complexity_row,
    energy_rows,
    of_model,
    of_runs,
    rank_row,
    similarity_row,
    trained,
)


def ranks(results: Path) -> Path:
    """One good analysis."""
    return of_runs(results, "ranks", [trained("lora")], [rank_row(8)])


def test_each_kind_is_read_with_its_runs_and_link(results: Path) -> None:
    """The link is that of the file below the results folder."""
    lora, plus = trained("lora"), trained("lorma_plus")
    written = {
        ranks(results),
        of_runs(results, "compare", [plus, lora], [similarity_row(1.0)], rank=8),
        of_model(results, "energy", "gpt2", "block-0", energy_rows(), block=0, shape=[512, 512]),
        of_model(results, "complexity", "gpt2", "query", [complexity_row("lora", 9)]),
    }
    found, damaged = read_sources(results)
    assert damaged == []
    assert {results / one.link for one in found} == written
    compare = next(one for one in found if one.kind == "compare")
    assert [run.method for run in compare.runs] == ["lorma_plus", "lora"]
    assert compare.settings == {"rank": 8}


def test_without_analyses_there_is_nothing(tmp_path: Path) -> None:
    """No folder is no damage."""
    assert read_sources(tmp_path) == ([], [])


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (("schema",), "bench-record/1", "schema bench-record/1 is not known"),
        (("kind",), "spectra", "incomplete analysis"),
        (("kind",), ["ranks"], "incomplete analysis"),
        (("values",), [], "an analysis without rows"),
        (("values",), [{"rank": 8}], "incomplete analysis"),
        (("values", 0, "rank"), "many", "values.0.rank"),
        (("values", 0, "shape"), [8], "two numbers of 1 or more"),
        (("values", 0, "shape"), [0, 8], "two numbers of 1 or more"),
        (("model", "name"), "../other", "model.name"),
        (("model", "name"), "gpt2", "holds analysis/ranks/gpt2"),
        (("runs",), [], "0 runs"),
        (("runs", 0), {"cell": {}}, "incomplete analysis"),
        (("runs", 0, "cell", "seed"), "first", "runs.0.seed"),
        (("runs", 0, "run_id"), "a|b", "runs.0.run_id"),
    ],
)
def test_what_is_wrong_is_named_and_left_out(
    results: Path, place: tuple[Any, ...], value: object, reason: str
) -> None:
    """The others are still read."""
    other = of_runs(results, "ranks", [trained("ft")], [rank_row(900)])
    path = ranks(results)
    values = json.loads(path.read_text(encoding="utf-8"))
    section = values
    for key in place[:-1]:
        section = section[key]
    section[place[-1]] = value
    path.write_text(json.dumps(values), encoding="utf-8")
    found, (damaged,) = read_sources(results)
    assert [results / one.link for one in found] == [other]
    assert damaged.path == path
    assert reason in damaged.reason
    assert "\n" not in damaged.reason


@pytest.mark.parametrize("text", ["", "{", "[]", "NaN", "\x00", '{"schema": NaN}'])
def test_what_is_no_analysis_is_named(results: Path, text: str) -> None:
    """Half-written and foreign files."""
    path = ranks(results)
    path.write_text(text, encoding="utf-8")
    found, damaged = read_sources(results)
    assert (found, [one.path for one in damaged]) == ([], [path])


def test_a_link_out_of_the_folder_is_not_followed(results: Path, tmp_path: Path) -> None:
    """What it leads to is not read."""
    path = ranks(results)
    outside = tmp_path / "outside.json"
    path.rename(outside)
    path.symlink_to(outside)
    found, (damaged,) = read_sources(results)
    assert found == []
    assert "leads out of" in damaged.reason


def test_curves_and_counts_must_be_whole(results: Path) -> None:
    """A curve that is missing, a shape that is none, counts at two shapes or of nothing."""
    rows = energy_rows()
    of_model(results, "energy", "gpt2", "a", rows[:5], block=0, shape=[2, 2])
    of_model(results, "energy", "gpt2", "b", rows, block=0, shape=[512])
    of_model(results, "energy", "gpt2", "c", rows, shape=[512, 512])
    of_model(results, "energy", "gpt2", "d", rows, block=0, shape=[0, 512])
    two = [complexity_row("lora", 9), complexity_row("lorma_plus", 9, b=8)]
    of_model(results, "complexity", "gpt2", "e", two)
    of_model(results, "complexity", "gpt2", "f", [complexity_row("lora", 0)])
    of_model(results, "complexity", "gpt2", "g", [complexity_row("lora", 9, r=0)])
    found, damaged = read_sources(results)
    assert found == []
    assert [one.path.stem for one in damaged] == ["e", "f", "g", "a", "b", "c", "d"]
