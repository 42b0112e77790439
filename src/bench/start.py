"""A run that starts from the trained tensors of another. No torch.

The LoRA paper's RTE, MRPC and STS-B runs start from its MNLI run (microsoft/LoRA,
examples/NLU, `lora_path`); LoRMA's start from the base model.
"""

from __future__ import annotations

from dataclasses import replace

from bench.config import Cell
from bench.errors import ConfigError
from bench.recording import cell_names
from bench.registry import tasks
from bench.store.record import Record
from bench.store.store import Store
from bench.trained import check_versions, compare_weights, find_adapter, find_record


def with_start(cell: Cell) -> Cell:
    """The cell with the whole run_id of the run that it starts from, which is there and fits.

    `train.start_from` is the beginning of a run_id, or the name of a task: then that task's
    one finished run of the same model, method, preset and seed is meant.
    """
    wanted = cell.train.start_from
    if wanted is None:
        return cell
    record = (
        _of_task(cell, wanted) if wanted in tasks() else find_record(cell.paths.results, wanted)
    )
    if record.cell["model"] != cell.model.name or record.cell["method"] != cell.method.name:
        raise ConfigError(
            f"train.start_from={wanted}: trained {record.cell['method']} on "
            f"{record.cell['model']}, not {cell.method.name} on {cell.model.name}"
        )
    find_adapter(cell.paths.runs, record)
    check_versions(cell, record)
    compare_weights(record, cell)
    train = replace(cell.train, start_from=record.run_id)
    stated = {**cell.settings["train"], "start_from": record.run_id}
    return replace(cell, train=train, settings={**cell.settings, "train": stated})


def _of_task(cell: Cell, task: str) -> Record:
    """The one finished run of `task` that differs from `cell` in the task alone."""
    names = {**cell_names(cell), "task": task}
    records, _ = Store(cell.paths.results).read()
    found = [one for one in records if one.cell == names and one.status == "finished"]
    if len(found) == 1:
        return found[0]
    asked = f"train.start_from={task}: {cell.method.name} on {cell.model.name}, seed {cell.seed}"
    if found:
        ids = ", ".join(one.run_id for one in found)
        raise ConfigError(f"{asked}: {len(found)} finished runs; name one of {ids}")
    raise ConfigError(f"{asked}: no finished run in {cell.paths.results}; run task={task} first")
