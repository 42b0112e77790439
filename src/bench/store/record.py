"""The record that one run leaves: the only truth that tables are made from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.errors import StoreError

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
    select: str | None = None
    """Which adapter was evaluated: best or last."""
    unmerged: str | None = None
    """Why the adapter was evaluated beside its weight; null where it was merged into it."""
    history: list[dict[str, Any]] = field(default_factory=list)
    """step, epoch, split and loss of each validation pass."""
    params: dict[str, int] = field(default_factory=dict)
    """adapter, head, trained, total: numbers of values."""
    time: dict[str, float | None] = field(default_factory=dict)
    """rows, load, attach, tokenise, train (the steps alone), validate, checkpoint, predict, score,
    total; step_ms_median in milliseconds."""
    memory: dict[str, int | None] = field(default_factory=dict)
    """allocated_peak, reserved_peak (GPU), rss_peak, in bytes."""
    splits: list[dict[str, int]] = field(default_factory=list)
    """step, pieces: behind which steps batches were cut into how many parts (train.oom=split)."""
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
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
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


def check_values(record: Record) -> None:
    """Require a known status, mappings where they belong, and numbers in them."""
    if record.status not in STATUSES:
        raise StoreError(f"status {record.status!r} is none of {', '.join(STATUSES)}")
    for section in ("cell", "config", "identity", "metrics", "params", "time", "data", "model"):
        if not isinstance(getattr(record, section), dict):
            raise StoreError(f"{section} is not a mapping")
    for section in ("metrics", "params", "time"):
        for name, value in getattr(record, section).items():
            if isinstance(value, bool) or not isinstance(value, int | float | None):
                raise StoreError(f"{section}.{name}={value} is not a number")
