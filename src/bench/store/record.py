"""The record that one run leaves: the only truth that tables are made from."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeGuard

from bench.errors import StoreError
from bench.printable import short
from bench.store.names import check_name, check_run_id, is_name
from bench.store.plain import parse_json

SCHEMA = "bench-record/1"
SCHEMAS = (SCHEMA,)
"""Schemas that can be read."""
STATUSES = ("finished", "failed", "interrupted", "diverged", "out_of_memory")


@dataclass(kw_only=True)
class Record:
    """One execution of a cell. Fields are those of the public schema; times are seconds."""

    run_id: str
    status: str
    cell: dict[str, Any]
    """model, method, task, seed, preset."""
    config: dict[str, Any]
    """Every resolved setting but the folders of the machine."""
    identity: dict[str, Any]
    """hash (whole, of which run_id is the head), group (the same without the seed), inputs."""
    schema: str = SCHEMA
    error: dict[str, Any] | None = None
    """type, message, traceback where the status is not `finished`; diverged: step, last_good."""
    metrics: dict[str, float | None] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    """Why a metric is null."""
    sampling_error: dict[str, dict[str, float]] = field(default_factory=dict)
    """std, and low and high of the 95 % interval, of each metric over resampled test items."""
    resampled: dict[str, str] = field(default_factory=dict)
    """The metrics of the task over those resamples, numbers with blanks between them. Draws
    depend on the number of items alone, so those of two runs on the same items are pairs."""
    select: str | None = None
    """Which adapter was evaluated: best or last."""
    unmerged: str | None = None
    """Why the adapter was evaluated beside its weight; null where it was merged into it."""
    history: list[dict[str, Any]] = field(default_factory=list)
    """step, epoch, split and loss of each validation pass."""
    curve: dict[str, Any] = field(default_factory=dict)
    """Of the training loss: steps, area (trapezoidal, steps one apart), loss (means of at most 100
    equal stretches of the steps, numbers with blanks between)."""
    sample: list[dict[str, Any]] = field(default_factory=list)
    """prediction: the first ones of the file of predictions, long texts cut."""
    params: dict[str, int] = field(default_factory=dict)
    """adapter, head, trained, total: numbers of values."""
    macs: dict[str, int] = field(default_factory=dict)
    """merged (where the update can be), unmerged: multiply-accumulates for a token in query, key
    and value of all blocks."""
    time: dict[str, float | None] = field(default_factory=dict)
    """rows, load, attach, tokenise, train (the steps alone), validate, checkpoint, predict, score,
    total; step_ms_median in milliseconds."""
    memory: dict[str, int | None] = field(default_factory=dict)
    """allocated_peak, reserved_peak (GPU), rss_peak, in bytes."""
    splits: list[dict[str, int]] = field(default_factory=list)
    """step, pieces: behind which steps batches were cut into how many parts (train.oom=split)."""
    stepping: dict[str, Any] = field(default_factory=dict)
    """train, decode: in which way their steps were launched, and why where not as asked."""
    data: dict[str, Any] = field(default_factory=dict)
    """source, partial, splits{name: rows, total, sha256, partial, origin}; left_out: training
    rows without room for any loss."""
    model: dict[str, Any] = field(default_factory=dict)
    """name, revision, sha256."""
    provenance: dict[str, Any] = field(default_factory=dict)
    artifacts: dict[str, Any] = field(default_factory=dict)
    """predictions, items, adapter, trace: path (below the runs folder) and sha256."""
    created: str | None = None
    finished: str | None = None
    """ISO 8601, UTC."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do: finished, and every metric could be computed."""
        return self.status == "finished" and not self.unavailable

    def to_json(self) -> str:
        """The record as JSON: sorted keys, no NaN."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, allow_nan=False) + "\n"


def parse(text: str) -> Record:
    """Read a record, or raise a StoreError that says what is wrong with it."""
    try:
        values = parse_json(text)
    except ValueError as error:
        raise StoreError(f"not JSON ({error})") from None
    if not isinstance(values, dict) or not str(values.get("schema", "")).startswith(
        "bench-record/"
    ):
        raise StoreError("not a record of bench (no schema)")
    if values["schema"] not in SCHEMAS:
        raise StoreError(f"schema {values['schema']} is not known, only {', '.join(SCHEMAS)}")
    known = {key: values[key] for key in Record.__dataclass_fields__ if key in values}
    try:
        record = Record(**known)
    except TypeError as error:
        raise StoreError(f"incomplete record ({error})") from None
    check_values(record)
    return record


MAPPINGS = (
    "cell", "config", "identity", "metrics", "unavailable", "sampling_error", "resampled", "params",
    "time", "memory", "macs", "stepping", "curve", "data", "model", "provenance", "artifacts",
)  # fmt: skip
LISTS = ("history", "splits", "sample")
NUMBERS = ("metrics", "params", "macs", "time", "memory")


def check_values(record: Record) -> None:
    """Require a known status, names that are safe as folders, and each section of its kind."""
    if record.status not in STATUSES:
        raise StoreError(f"status {record.status!r} is none of {', '.join(STATUSES)}")
    check_kinds(record)
    for section in NUMBERS:
        for name, value in getattr(record, section).items():
            if value is not None and not is_number(value):
                raise StoreError(f"{section}.{name}={short(value)} is not a finite number")
    check_names(record)


def check_kinds(record: Record) -> None:
    """Require mappings and lists where the schema has them."""
    for section in MAPPINGS:
        if not isinstance(getattr(record, section), dict):
            raise StoreError(f"{section} is not a mapping")
    if not isinstance(record.identity.get("inputs", {}), dict):
        raise StoreError(f"identity.inputs={short(record.identity['inputs'])} is not a mapping")
    for section in LISTS:
        held = getattr(record, section)
        if not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
            raise StoreError(f"{section} is not a list of mappings")
    if not isinstance(record.error, dict | None):
        raise StoreError("error is not a mapping")


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number that a double holds: no truth value, not infinite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max


def peak_of(memory: Mapping[str, int | None]) -> int | None:
    """The most memory a run took, in bytes: on the GPU, or of the process where there was none."""
    return memory.get("allocated_peak") or memory.get("rss_peak")


def sharing_of(provenance: Mapping[str, Any]) -> int:
    """How many processes computed on a run's GPU beside it: its times are not its own then."""
    found = provenance.get("gpu_processes")
    return max(found - 1, 0) if isinstance(found, int) else 0


def check_names(record: Record) -> None:
    """Require what becomes a path to be one name, and artifacts to be files of this run."""
    check_run_id(record.run_id)
    for key in ("task", "model", "method"):
        check_name(f"cell.{key}", record.cell.get(key))
    if "name" in record.model:
        check_name("model.name", record.model["name"])
    for key, noted in record.artifacts.items():
        if noted is None:
            continue
        path = noted.get("path") if isinstance(noted, dict) else None
        folder, _, name = str(path).partition("/")
        if folder != record.run_id or not is_name(name):
            raise StoreError(f"artifacts.{key}={short(path)}: is no file of run {record.run_id}")
        if not isinstance(noted.get("sha256"), str):
            raise StoreError(f"artifacts.{key}: has no sha256")
