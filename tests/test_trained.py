"""Runs are found by their run_id, and only what the record tells of is exported."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.config import Cell
from bench.errors import ModelError, StoreError
from bench.store.record import Record
from bench.store.store import Store
from bench.trained import Places, compare_weights, find_adapter, find_record, rebuild_cell
from tests.export.exporting import call, on_disk


def test_a_prefix_names_one_run(tmp_path: Path) -> None:
    """The first digits suffice where they are one run's; else the runs are named."""
    store = Store(tmp_path)
    cell = {"task": "e2e", "model": "m", "method": "lora"}
    for run_id in ("abc1" * 4, "abd2" * 4):
        values = {"config": {}, "identity": {}, "status": "finished"}
        store.write(Record(run_id=run_id, cell=cell, **values))
    assert find_record(tmp_path, "abd").run_id == "abd2" * 4
    with pytest.raises(StoreError, match=r"ab: 2 runs begin so \((abc1){4}, (abd2){4}\)"):
        find_record(tmp_path, "ab")


def test_a_run_that_trained_nothing(tmp_path: Path) -> None:
    """A run that ended before its training was done has no adapter."""
    record = Record(run_id="abc0" * 4, status="diverged", cell={}, config={}, identity={})
    with pytest.raises(StoreError, match=r"(abc0){4}: diverged before its training was done"):
        find_adapter(tmp_path, record)


def test_the_adapter_must_be_the_records(
    finished: Callable[..., tuple[Cell, Record]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing, damaged, or made by another version of a part: refused, saying which."""
    cell, record = finished("method=lora")
    path = Store(cell.paths.results).path(record.cell, record.run_id)
    values = json.loads(path.read_text())
    values["identity"]["inputs"]["versions"]["update lora"] = 77
    path.write_text(json.dumps(values))
    assert call(cell, record.run_id, "--to", "peft") == 2
    assert "version 77 of update lora" in capsys.readouterr().err
    adapter = cell.paths.runs / record.run_id / "adapter.safetensors"
    adapter.write_bytes(adapter.read_bytes() + b" ")
    assert call(cell, record.run_id, "--to", "peft") == 2
    assert "not the file that the record tells of" in capsys.readouterr().err
    adapter.unlink()
    assert call(cell, record.run_id, "--to", "peft") == 2
    assert "paths.runs=DIR" in capsys.readouterr().err


def test_base_weights_are_compared(compose_cell: Callable[..., Cell], tmp_path: Path) -> None:
    """Other weights in a folder are refused; a folder in place of a commit is told of."""
    model = on_disk("tiny_gpt2", tmp_path / "base")
    cell = replace(compose_cell(), model=model)
    record = Record(run_id="a" * 16, status="finished", cell={}, config={}, identity={})
    record.model = {"name": "tiny_gpt2", "revision": None, "sha256": "b" * 64}
    with pytest.raises(ModelError, match=r"other weights than those .* not bbbbbbbb"):
        compare_weights(record, cell)
    record.model["revision"] = "0" * 40
    assert "not compared" in str(compare_weights(record, cell))
    pinned = replace(cell, model=replace(model, path=None))
    with pytest.raises(ModelError, match="other weights"):
        compare_weights(record, pinned)


@pytest.mark.parametrize(("used", "kept"), [("bf16", "bf16"), ("tf32", "fp32"), ("fp32", "fp32")])
def test_weights_are_rounded_as_while_training(
    used: str, kept: str, finished: Callable[..., tuple[Cell, Record]]
) -> None:
    """What precision=auto became on the run's machine counts, not what it is on this one."""
    cell, record = finished("method=lora")
    record.identity["inputs"]["settings"]["train"]["precision"] = used
    assert record.config["train"]["precision"] == "auto"
    places = Places(runs=cell.paths.runs, results=cell.paths.results)
    assert rebuild_cell(record, places).train.precision == kept


def test_records_older_than_a_key(tmp_path: Path) -> None:
    """A committed record as it was before models named their family still becomes a cell."""
    committed = Store(Path(__file__).parents[1] / "results")
    old = next(one for one in committed.read()[0] if one.cell["model"] == "smollm2_135m")
    del old.config["model"]["family"]
    store = Store(tmp_path / "results")
    store.write(old)
    found = find_record(store.results, old.run_id)
    cell = rebuild_cell(found, Places(runs=tmp_path, results=store.results))
    assert cell.model.family == "llama"
    assert cell.method.name == found.cell["method"]
