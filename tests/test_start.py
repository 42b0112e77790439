"""A run that starts from another: what is taken, what it is called, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import safetensors.torch

from bench.config import Cell
from bench.errors import ConfigError, ModelError, StoreError
from bench.run import run
from bench.store.record import Record
from bench.store.store import Store

NOTHING = "train.steps=0"
"""Without a step, what was put in comes out."""


def tensors(cell: Cell, record: Record) -> dict[str, object]:
    """What a run left."""
    path = cell.paths.runs / record.artifacts["adapter"]["path"]
    return {name: t.tolist() for name, t in safetensors.torch.load_file(path).items()}


def test_the_tensors_are_those_of_the_other_run(
    finished: Callable[..., tuple[Cell, Record]],
) -> None:
    """By the beginning of a run_id; the whole one enters the identity and the settings."""
    cell, first = finished("method=lora")
    other, second = finished("method=lora", NOTHING, f"train.start_from={first.run_id[:7]}")
    assert tensors(cell, first) == tensors(other, second)
    assert second.identity["inputs"]["settings"]["train"]["start_from"] == first.run_id
    assert second.config["train"]["start_from"] == first.run_id
    _, whole = finished("method=lora", NOTHING, f"train.start_from={first.run_id}")
    assert whole.run_id == second.run_id
    _, plain = finished("method=lora", NOTHING)
    assert plain.run_id != second.run_id
    assert "start_from" not in plain.identity["inputs"]["settings"]["train"]


def test_a_head_is_taken_where_it_fits(compose_cell: Callable[..., Cell]) -> None:
    """RTE from MNLI: the adapter and the dense layer, but no output layer for three classes."""
    common = ("method=lora", "model=tiny_roberta", "train.steps=2", "method.optimizer.lr=0.1")
    mnli_cell = compose_cell("task=mnli", *common)
    mnli = run(mnli_cell)
    cell = compose_cell("task=rte", *common[:2], NOTHING, "train.start_from=mnli")
    record = run(cell)
    drawn_cell = compose_cell("task=rte", *common[:2], NOTHING)
    drawn = tensors(drawn_cell, run(drawn_cell))
    before, after = tensors(mnli_cell, mnli), tensors(cell, record)
    taken = {name for name, value in after.items() if value == before.get(name)}
    out = {"classifier.out_proj.weight", "classifier.out_proj.bias"}
    assert {name for name in after if name not in taken} == out
    assert after["classifier.out_proj.weight"] == drawn["classifier.out_proj.weight"]
    assert after["classifier.dense.weight"] != drawn["classifier.dense.weight"]


def test_what_does_not_fit_is_refused(finished: Callable[..., tuple[Cell, Record]]) -> None:
    """Another method, another rank, a run without its files, a task without a run."""
    cell, first = finished("method=lora")
    start = f"train.start_from={first.run_id}"
    with pytest.raises(ConfigError, match=r"trained lora on tiny_gpt2, not loda on tiny_gpt2"):
        finished("method=loda", start)
    with pytest.raises(ModelError, match=r"adapter: .* has shape"):
        finished("method=lora", "method.rank=2", start)
    with pytest.raises(ConfigError, match=r"start_from=cola: lora on tiny_gpt2, seed 0: no fin"):
        finished("method=lora", "train.start_from=cola")
    with pytest.raises(StoreError, match=r"ffff: no record of such a run"):
        finished("method=lora", "train.start_from=ffff")
    (cell.paths.runs / first.artifacts["adapter"]["path"]).unlink()
    with pytest.raises(StoreError, match=r"adapter.safetensors is missing"):
        finished("method=lora", start)


def test_a_task_must_name_one_run(finished: Callable[..., tuple[Cell, Record]]) -> None:
    """Two finished runs of that task are named, and none is taken."""
    _, first = finished("method=lora")
    cell, second = finished("method=lora", "train.steps=2")
    with pytest.raises(ConfigError, match=r"start_from=e2e: .*: 2 finished runs; name one of"):
        finished("method=lora", NOTHING, "train.start_from=e2e")
    Store(cell.paths.results).path(second.cell, second.run_id).unlink()
    _, third = finished("method=lora", NOTHING, "train.start_from=e2e")
    assert third.config["train"]["start_from"] == first.run_id
