"""The runs that an analysis is about: records, trained tensors, losses. No torch.

A run is found by the head of its run_id. Its files are those that its record tells of, by
their hashes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.config import Cell
from bench.errors import ConfigError, StoreError
from bench.store.files import sha256_file
from bench.store.folder import RunFolder
from bench.store.record import Record
from bench.store.snapshots import snapshots
from bench.trained import (
    Places,
    compare_weights,
    find_adapter,
    find_record,
    need,
    rebuild_cell,
)

SAME_LOSS = ("train.batch_size", "train.accumulation", "train.label_smoothing", "train.limit")
"""Settings that two loss curves must share for their steps and values to mean the same."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run whose training is done."""

    record: Record
    folder: RunFolder
    cell: Cell

    @property
    def adapters(self) -> dict[int | None, Path]:
        """Files of trained tensors: the evaluated one under None, snapshots by their step."""
        found: dict[int | None, Path] = {None: self.folder.file("fit")}
        found.update(snapshots(self.folder.path).items())
        return found

    def losses(self) -> list[float]:
        """The training loss of every step."""
        noted = self.record.artifacts.get("trace")
        trace = self.folder.trace
        if noted is None or not trace.is_file() or sha256_file(trace) != noted["sha256"]:
            raise StoreError(f"{trace}: not the losses that the record tells of; copy them there")
        try:
            found = [float(line["loss"]) for line in self.folder.read_lines(trace)]
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"{trace}: has a line without a loss ({error})") from None
        if len(found) < 2:
            raise StoreError(f"{trace}: {len(found)} steps make no curve")
        return found


def find_run(places: Places, run_id: str) -> Run:
    """The run whose run_id begins with `run_id`."""
    record = find_record(places.results, run_id)
    folder = find_adapter(places.runs, record)
    return Run(record=record, folder=folder, cell=rebuild_cell(record, places))


def check_weights(run: Run) -> None:
    """Refuse a base model that is not the run's; say where that cannot be told."""
    doubt = compare_weights(run.record, run.cell)
    if doubt is not None:
        print(f"bench.analysis: {doubt}", file=sys.stderr)


def check_same_model(run: Run, reference: Run) -> None:
    """Weight updates can be compared on one base model only."""
    names = [{"model": one.record.model.get("name")} for one in (run, reference)]
    _check_equal(run, reference, *names)


def check_same_loss(run: Run, reference: Run) -> None:
    """Losses can be compared on one model and one task, over the same rows and batches."""
    _check_equal(run, reference, _loss_facts(run.record), _loss_facts(reference.record))


def _loss_facts(record: Record) -> dict[str, object]:
    """What a training loss is measured on."""
    train = need(record, "config", "train")
    return {
        "model": record.model.get("name"),
        "task": record.cell["task"],
        "training rows": need(record, "data", "splits", "train").get("sha256"),
        **{key: train.get(key.partition(".")[2]) for key in SAME_LOSS},
    }


def _check_equal(
    run: Run, reference: Run, own: Mapping[str, object], other: Mapping[str, object]
) -> None:
    """Refuse two runs that differ where they must not."""
    for key, value in own.items():
        if value != other[key]:
            raise ConfigError(
                f"{key}: {run.record.run_id} has {value}, {reference.record.run_id} has "
                f"{other[key]}; compare runs that share it"
            )
