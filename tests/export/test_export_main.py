"""The command from a run to folders that other programs load, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from bench.config import Cell
from bench.export.restore import restore
from bench.models.heads import CausalHead
from bench.models.random_weights import random_model
from bench.store.folder import RunFolder
from bench.store.record import Record
from bench.trained import Places, rebuild_cell
from tests.export.exporting import call, deviation, logits


def base_of(cell: Cell) -> Any:
    """The base model as transformers has it."""
    return random_model(cell.model.source, CausalHead(), torch.float32, "base")[0].eval()  # type: ignore[arg-type]


def test_a_run_becomes_two_folders(
    finished: Callable[..., tuple[Cell, Record]], capsys: pytest.CaptureFixture[str]
) -> None:
    """PEFT and transformers give the logits of the run's own model, to 1e-5."""
    cell, record = finished("method=lorma_plus")
    folder = RunFolder(cell.paths.runs / record.run_id)
    places = Places(runs=cell.paths.runs, results=cell.paths.results)
    expected = logits(restore(rebuild_cell(record, places), folder, 1).attached.model)
    assert deviation(logits(base_of(cell)), expected) > 0.01
    capsys.readouterr()
    for kind in ("peft", "merged"):
        assert call(cell, record.run_id[:6], "--to", kind) == 0
        assert capsys.readouterr().out.strip() == str(folder.path / "export" / kind)
    adapter, merged = (str(folder.path / "export" / kind) for kind in ("peft", "merged"))
    for found in (
        PeftModel.from_pretrained(base_of(cell), adapter).eval(),
        AutoModelForCausalLM.from_pretrained(merged).eval(),
    ):
        assert deviation(logits(found), expected) < 1e-5


@pytest.mark.parametrize(
    ("method", "kind", "reason"),
    [
        (
            "ft",
            "peft",
            "which a LoRA folder does not hold; use --to merged",
        ),
        ("lorma_pi", "peft", "lorma_pi: W' − W is"),
        ("prompt", "peft", "adds more to the model than thin matrices; it cannot be merged either"),
        ("prompt", "merged", "cannot be merged"),
        ("loda", "peft", "is no LoRA: activations stand between"),
        ("s_loda", "peft", "it was trained beside weights that sparse changed"),
    ],
)
def test_what_a_method_cannot_be(
    method: str, kind: str, reason: str, finished: Callable[..., tuple[Cell, Record]],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """One line with the reason, exit code 2, and nothing is left behind."""
    cell, record = finished(f"method={method}", "train.steps=1", "method.optimizer.lr=0.001")
    capsys.readouterr()
    assert call(cell, record.run_id, "--to", kind) == 2
    told = capsys.readouterr().err
    assert reason in told
    assert told.count("\n") == 1
    assert not list(cell.paths.runs.glob("*/export/*"))


def test_what_is_not_written_over(
    finished: Callable[..., tuple[Cell, Record]], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A folder with something in it is refused; an empty one is filled."""
    cell, record = finished("method=lora")
    out = tmp_path / "out"
    out.mkdir()
    assert call(cell, record.run_id, "--to", "peft", "--out", str(out)) == 0
    held = {path.name for path in out.iterdir()}
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o644}
    assert held == {"README.md", "adapter_config.json", "adapter_model.safetensors"}
    assert call(cell, record.run_id, "--to", "merged", "--out", str(out)) == 2
    assert "not empty" in capsys.readouterr().err
    assert {path.name for path in out.iterdir()} == held


WRONG = (
    (["0123", "--to", "peft"], "0123: no record of such a run in {results}"),
    (["0123", "--to", "pfet"], "did you mean peft?"),
    (["0123"], "--to"),
    (["0123", "--to", "peft", "paths.rns=x"], "did you mean paths.runs?"),
)


def test_arguments_are_checked_before_torch(tmp_path: Path) -> None:
    """One line each on stderr, exit code 2, and torch was not imported; one process for all."""
    code = (
        "import json, sys; from bench.export.__main__ import main; "
        "codes = [main(arguments) for arguments in json.loads(sys.argv[1])]; "
        "print(json.dumps([codes, 'torch' in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps([arguments for arguments, _ in WRONG])],
        env={**os.environ, "BENCH_RESULTS": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [[2] * len(WRONG), False]
    for line, (_, told) in zip(done.stderr.splitlines(), WRONG, strict=True):
        assert told.format(results=tmp_path) in line
