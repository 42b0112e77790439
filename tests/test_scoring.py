"""The last stage: what is written beside the predictions, and that no model is needed."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.config import Cell
from bench.metrics.resampling import RESAMPLES
from bench.scoring import LONGEST, score
from bench.store.files import sha256_file
from bench.store.folder import RunFolder

ROWS = [
    {"context": "name : A", "prediction": "A is a pub.", "references": ["A is a pub."]},
    {"context": "name : B", "prediction": "C is a bar.", "references": ["B is a café.", "Off."]},
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run's folder with predictions, on a machine without Java."""
    monkeypatch.setenv("BENCH_JAVA", "/nonexistent/java")
    made = RunFolder(tmp_path / "abc")
    made.write_lines(made.file("predict"), ROWS)
    return made


def test_every_item_has_a_line_with_its_own_scores(
    compose_cell: Callable[..., Cell], folder: RunFolder
) -> None:
    """Line i belongs to line i of the predictions; the artifact carries the file's hash."""
    note = score(compose_cell(), folder)
    lines = folder.read_lines(folder.items)
    assert lines[0]["BLEU"] == pytest.approx(1.0)
    assert lines[1]["BLEU"] < 0.9
    assert len(lines) == len(ROWS)
    assert note["artifacts"]["items"]["sha256"] == sha256_file(folder.items)


def test_the_note_has_values_reasons_and_sampling_errors(
    compose_cell: Callable[..., Cell], folder: RunFolder
) -> None:
    """As they stand in scores.json; a value lies in what resampled items would have given."""
    note = score(compose_cell(), folder)
    held = json.loads(folder.file("score").read_text())
    assert {key: note[key] for key in held} == held
    assert set(held["unavailable"]) == {"METEOR", "ROUGE_L", "CIDEr"}
    error, value = held["sampling_error"]["BLEU"], held["metrics"]["BLEU"]
    assert error["low"] <= value <= error["high"]
    assert error["std"] > 0
    again = [float(number) for number in held["resampled"]["BLEU"].split()]
    assert len(again) == RESAMPLES
    assert statistics.stdev(again) == pytest.approx(error["std"], rel=1e-4)
    assert held["resampled"].keys() == {"BLEU", "NIST", "NIST_mteval"}


def test_the_record_shows_the_first_predictions(
    compose_cell: Callable[..., Cell], folder: RunFolder
) -> None:
    """Three, in their order; a long text is cut, and nothing of the data set stays in it."""
    long = {**ROWS[0], "prediction": "x" * 5000}
    folder.write_lines(folder.file("predict"), [long, *ROWS, *ROWS])
    sample = score(compose_cell(), folder)["sample"]
    texts = ["x" * LONGEST, *(row["prediction"] for row in ROWS)]
    assert sample == [{"prediction": text} for text in texts]


def test_the_same_predictions_give_the_same_numbers(
    compose_cell: Callable[..., Cell], folder: RunFolder
) -> None:
    """To the last digit, resampling included: anyone can recompute a record's scores."""
    first, second = (score(compose_cell(), folder) for _ in range(2))
    for note in (first, second):
        note.pop("time")
    assert first == second


def test_scoring_needs_no_torch() -> None:
    """So a machine without it can score what another one generated."""
    code = "import sys, bench.scoring, bench.metrics.e2e; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"
