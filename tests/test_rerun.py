"""A run is repeated from its record alone, and every difference is found and told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.config import Cell
from bench.rerun.__main__ import main
from bench.rerun.cell import Here, cell_again
from bench.rerun.compare import first_difference
from bench.store.record import Record
from bench.store.store import Store
from bench.trained import Places

Finished = Callable[..., tuple[Cell, Record]]


def again(cell: Cell, record: Record, *settings: str) -> int:
    """`python -m bench.rerun` on a record of this test."""
    places = (f"paths.results={cell.paths.results}", f"paths.runs={cell.paths.runs}")
    return main([record.run_id[:12], *places, *settings])


def tamper(cell: Cell, record: Record, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the record on disk behind the harness's back."""
    path = Store(cell.paths.results).path(record.cell, record.run_id)
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def scratch(cell: Cell) -> list[Path]:
    """Folders of repetitions that were kept."""
    return sorted((cell.paths.runs / "rerun").glob("*"))


def test_a_fresh_record_is_the_same(finished: Finished, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything is made again, to the digit, and nothing is left behind; dropout is on."""
    cell, record = finished("method=lora", "method.dropout=0.1", "train.evaluations=2")
    before = Store(cell.paths.results).path(record.cell, record.run_id).read_bytes()
    capsys.readouterr()
    assert again(cell, record) == 0
    told = capsys.readouterr().out
    assert told.endswith("the same to the digit\n")
    for name in ("BLEU", "validation losses", "training losses", "adapter", "predictions"):
        (line,) = [text for text in told.splitlines() if text.startswith(f"{name} ")]
        assert line.endswith(" same")
    assert scratch(cell) == []
    assert Store(cell.paths.results).path(record.cell, record.run_id).read_bytes() == before


def test_it_really_runs(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record is not compared with itself: without a model to load there is no repetition."""
    cell, record = finished("method=lora")
    monkeypatch.setattr("bench.stages.load", lambda *a, **k: 1 / 0)
    assert again(cell, record) == 2


def test_a_tampered_metric_is_found(finished: Finished, capsys: pytest.CaptureFixture[str]) -> None:
    """One digit of one metric: exit code 1, by how much, and the folder stays."""
    cell, record = finished("method=lora")
    tamper(cell, record, lambda values: values["metrics"].update(BLEU=0.2500001))
    capsys.readouterr()
    assert again(cell, record) == 1
    told = capsys.readouterr().out
    assert "0.2500001" in told
    assert "-1e-07" in told
    assert "largest difference of a metric: BLEU, 1e-07" in told
    assert "different: BLEU\n" in told
    (kept,) = scratch(cell)
    assert told.endswith(f"kept: {kept}\n")
    assert (kept / "runs" / record.run_id / "adapter.safetensors").is_file()


def test_other_losses_and_tensors_are_measured(
    finished: Finished, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the run's own files are at hand, the first step and the largest difference are told."""
    import safetensors.torch

    from bench.store.files import sha256_file

    cell, record = finished("method=lora", "train.evaluations=1")
    folder = cell.paths.runs / record.run_id
    lines = (folder / "trace.jsonl").read_text().splitlines()
    second = json.loads(lines[1])
    lines[1] = json.dumps({**second, "loss": second["loss"] + 1})
    (folder / "trace.jsonl").write_text("".join(f"{line}\n" for line in lines))
    tensors = safetensors.torch.load_file(folder / "adapter.safetensors")
    name = min(tensors)
    tensors[name].view(-1)[0] += 0.5
    safetensors.torch.save_file(tensors, folder / "adapter.safetensors")

    def change(values: dict[str, Any]) -> None:
        for kind, file in (("trace", "trace.jsonl"), ("adapter", "adapter.safetensors")):
            values["artifacts"][kind]["sha256"] = sha256_file(folder / file)
        values["history"][0]["loss"] += 1
        values["provenance"]["threads"] = 7
        values["provenance"]["packages"]["numpy"] = "1.0"

    tamper(cell, record, change)
    capsys.readouterr()
    assert again(cell, record, "threads=1") == 1
    told = capsys.readouterr().out
    assert f"first at step {second['step']}: loss {second['loss'] + 1}" in told
    assert f"by up to 0.5, in {name}" in told
    assert "different: validation losses, training losses, adapter\n" in told
    words = [line.split() for line in told.partition("provenance:")[2].splitlines()]
    found = {line[0]: line[1:] for line in words if line[:1] in (["packages.numpy"], ["threads"])}
    assert found == {"packages.numpy": ["1.0", np.__version__], "threads": ["7", "1"]}


def test_a_raised_version_is_told(
    finished: Finished, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The code moved on: another run_id, by this component; the numbers decide the exit code."""
    from bench import training

    cell, record = finished("method=lora")
    held = training.VERSION
    monkeypatch.setattr(training, "VERSION", held + 1)
    capsys.readouterr()
    assert again(cell, record) == 0
    told = capsys.readouterr().out
    assert f"run_id {record.run_id}, here " in told
    assert f"  version of trainer: {held}, here {held + 1}\n" in told


def test_other_rows_cannot_be_repeated(
    finished: Finished, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows with another hash: exit code 2 before anything runs."""
    cell, record = finished("method=lora")
    tamper(cell, record, lambda values: values["identity"]["inputs"]["data"].update(train="0" * 64))
    capsys.readouterr()
    assert again(cell, record) == 2
    error = capsys.readouterr().err
    assert "train has other rows here" in error
    assert error.count("\n") == 1
    assert scratch(cell) == []


def test_other_weights_cannot_be_repeated(
    finished: Finished, capsys: pytest.CaptureFixture[str]
) -> None:
    """A base model with another hash."""
    cell, record = finished("method=lora")
    tamper(cell, record, lambda values: values["model"].update(sha256="0" * 64))
    assert again(cell, record) == 2
    assert "other weights than those" in capsys.readouterr().err


def test_a_run_that_started_from_another(
    compose_cell: Callable[..., Cell], finished: Finished
) -> None:
    """What it started from is found where runs are, though it writes elsewhere."""
    from bench.run import run

    _, base = finished("method=lora")
    cell, record = finished("method=lora", f"train.start_from={base.run_id}", "train.steps=2")
    assert record.config["train"]["start_from"] == base.run_id
    assert again(cell, record) == 0
    assert run(cell).run_id == record.run_id


@pytest.mark.parametrize(
    ("settings", "change", "told"),
    [
        (["threads=0"], {}, "threads=0: must be a whole number of 1 or more"),
        (["device=tpu"], {}, "allowed: auto, cpu, cuda"),
        (["data.rot=x"], {}, "did you mean data.root?"),
        ([], {"status": "failed"}, "failed; only a finished run can be repeated"),
        ([], {"identity": {}}, "its record has no identity.inputs"),
        ([], {"config": {}}, "its record has no config."),
    ],
)
def test_why_it_cannot_be_repeated(
    settings: list[str], change: dict[str, Any], told: str, finished: Finished,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """One line, exit code 2."""
    cell, record = finished("method=lora")
    tamper(cell, record, lambda values: values.update(change))
    capsys.readouterr()
    assert again(cell, record, *settings) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_a_run_of_a_gpu_needs_one(
    finished: Finished, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is none, that is said, with the way to do it all the same."""
    cell, record = finished("method=lora")
    monkeypatch.setattr("bench.rerun.cell.has_gpu", lambda: False)
    tamper(cell, record, lambda values: values["provenance"].update(gpu="NVIDIA H100"))
    assert again(cell, record) == 2
    assert "ran on NVIDIA H100, and here is no GPU; device=cpu" in capsys.readouterr().err
    assert again(cell, record, "device=cpu") == 0


def test_rows_of_a_folder_need_one(
    finished: Finished, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    """Local rows are looked for where data.root says, then where BENCH_DATA does."""
    cell, record = finished("method=lora")
    tamper(cell, record, lambda values: values["config"]["data"].update(source="local"))
    monkeypatch.delenv("BENCH_DATA", raising=False)
    assert again(cell, record) == 2
    assert "needs data.root=DIR or BENCH_DATA" in capsys.readouterr().err
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "of the environment"))
    assert again(cell, record) == 2
    assert f"data.root={tmp_path / 'of the environment'}: no such folder" in capsys.readouterr().err
    assert again(cell, record, f"data.root={tmp_path / 'named'}") == 2
    assert f"data.root={tmp_path / 'named'}: no such folder" in capsys.readouterr().err


def test_committed_records_become_cells(tmp_path: Path) -> None:
    """Each can be repeated as far as its settings go, whenever it was made, in its precision."""
    results = Path(__file__).parents[1] / "results"
    here = Here(places=Places(runs=tmp_path, results=results), data=tmp_path, device="cpu")
    records, _ = Store(results).read()
    assert len(records) > 50
    for record in records:
        cell = cell_again(record, here, tmp_path)
        used = record.identity["inputs"]["settings"]["train"]["precision"]
        assert (cell.train.precision, cell.threads) == (used, record.provenance.get("threads"))
        assert (cell.method.name, cell.seed) == (record.cell["method"], record.cell["seed"])


def test_the_first_difference_of_two_lists() -> None:
    """By its step; a list that ends early differs too."""
    one = [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]
    other = [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.26}]
    assert first_difference(one, list(one)) is None
    assert first_difference(one, other) == "first at step 2: loss 0.25, here 0.26"
    assert first_difference(one, one[:1]) == "2 of them, here 1"


def test_nothing_heavy_is_imported_for_a_wrong_run_id(tmp_path: Path) -> None:
    """A name that is no run's is told at once."""
    import subprocess
    import sys

    code = (
        "import sys; from bench.rerun.__main__ import main; code = main(sys.argv[1:]); "
        "sys.exit(99 if {'torch', 'transformers', 'datasets'} & set(sys.modules) else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "0123", f"paths.results={tmp_path}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "no record of such a run" in done.stderr
