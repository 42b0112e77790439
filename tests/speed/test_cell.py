"""Whole cells that are timed: what a run does, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.config import Cell
from bench.decoding.facts import Decoding
from bench.errors import ConfigError
from bench.run import run
from bench.speed.base import Base
from bench.speed.measurement import measurement
from bench.speed.notes import notes
from bench.speed.settings import Settings, settings_from
from tests.speed.conftest import only

Measured = Callable[..., tuple[int, Path]]

QUICK = (
    "peft=none", "dense=none", "queries=0", "train.steps=3", "train.validation_limit=4",
    "train.evaluations=2", "eval.limit=2",
)  # fmt: skip


@pytest.mark.parametrize(("of", "inputs"), [("shape=tiny_gpt2", 2), ("model=tiny_gpt2", 1)])
def test_a_whole_cell_is_timed_where_asked_for(measured: Measured, of: str, inputs: int) -> None:
    """Its steps, its validation and its inputs are those of the cell's settings.

    The first two rows of the task have the same input, which is decoded once.
    """
    code, folder = measured(of, *QUICK, "methods=lora,loda", "cell=loda")
    assert code == 0
    speed = only(folder)
    lora, loda = speed.methods
    assert lora.cell is None
    assert loda.cell is not None
    assert (loda.cell.steps, loda.cell.rows, loda.cell.validated) == (3, 16, 8)
    assert loda.cell.inputs == inputs
    assert loda.cell.train_seconds is not None
    assert loda.cell.decode_seconds is not None
    assert loda.cell.stepping["train"]["step"] == "eager"
    (told,) = [note for note in notes(speed) if note.startswith("a whole cell of loda, eager: 3 ")]
    assert f"{inputs} inputs decoded" in told


def test_a_shape_has_as_many_rows_as_e2e(measured: Measured) -> None:
    """Where no limit is set."""
    limits = [word for word in QUICK if "limit" not in word]
    _, folder = measured(
        "shape=tiny_gpt2", *limits, "methods=lora", "cell=lora", "train.limit=null",
        "train.validation_limit=null", "eval.limit=null", "train.steps=1",
        "train.evaluations=1", "eval.batch_size=512", "decode.max_new_tokens=1",
    )  # fmt: skip
    held = only(folder).methods[0].cell
    assert held is not None
    assert (held.rows, held.validated, held.inputs) == (42_061, 4_672, 630)


@pytest.mark.usefixtures("plain_scores")
@pytest.mark.parametrize(
    "method", ["method=ft method.optimizer.lr=1e-2", "method=lora method.dropout=0.1"]
)
def test_it_trains_and_decodes_as_a_run_does(
    compose_cell: Callable[..., Cell], method: str
) -> None:
    """The same losses and the same texts, to the digit: dropout, order of rows, validation."""
    cell = compose_cell(
        "model=tiny_gpt2", "train.steps=20", "decode.max_new_tokens=12", *method.split()
    )
    record = run(cell)
    shared = measurement(cell, Settings(), torch.device("cpu"))
    whole = shared.whole(cell, Base(read=shared.read, autocast=False))
    losses = [one["loss"] for one in whole.fitted().trace]
    texts = whole.decoded(Decoding())
    trace, predictions = (read(cell, record.artifacts[name]) for name in ("trace", "predictions"))
    assert losses == [line["loss"] for line in trace]
    assert texts == [line["prediction"] for line in predictions]
    assert any(texts)


def read(cell: Cell, artifact: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of a file that a run left."""
    text = (cell.paths.runs / artifact["path"]).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_cell_that_diverges_says_so(measured: Measured) -> None:
    """And has no time."""
    _, folder = measured(*QUICK, "methods=lora", "cell=lora", "method.optimizer.lr=1e30")
    held = only(folder).methods[0].cell
    assert held is not None
    assert held.train_seconds is None
    assert held.reason is not None
    assert "learning rate" in held.reason or "lr" in held.reason


def test_labels_are_not_timed_whole(measured: Measured) -> None:
    """A classifier decodes nothing."""
    _, folder = measured(
        "model=tiny_roberta", "task=cola", "methods=lora", "cell=lora", "peft=none", "dense=none"
    )
    held = only(folder).methods[0].cell
    assert held is not None
    assert held.reason == "only cells that generate texts are timed"


def test_unknown_methods_are_named() -> None:
    """As for all other ways."""
    with pytest.raises(ConfigError, match="did you mean lora"):
        settings_from(["cell=lorra"])
