"""Records for the tests of the report: the fields that tables read, as a run writes them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from bench.store.record import Record
from bench.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

TITLES = {"gpt2_medium": "GPT-2 medium", "smollm2_135m": "SmolLM2-135M"}
PAPER = {
    "eval": {"split": "test", "limit": None},
    "train": {
        "epochs": 5,
        "steps": None,
        "batch_size": 8,
        "schedule": "linear",
        "warmup_steps": 500,
        "label_smoothing": 0.1,
        "limit": None,
    },
    "decode": {"beams": 10, "length_penalty": 0.9, "no_repeat_ngram": 4},
}
SCORES = {"BLEU": 0.69, "NIST": 8.7, "METEOR": 0.46, "ROUGE_L": 0.71, "CIDEr": 2.5}


def digest(values: object) -> str:
    """Hash of plain data."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def make_record(
    method: str = "lora",
    seed: int = 0,
    *,
    model: str = "gpt2_medium",
    preset: str = "paper",
    source: str = "hub",
    partial: bool = False,
    status: str = "finished",
    error: str | None = None,
    finished: str = "2026-01-01T00:00:00+00:00",
    again: str = "",
    versions: dict[str, int] | None = None,
    settings: dict[str, dict[str, Any]] | None = None,
    metrics: dict[str, float | None] | None = None,
    unavailable: dict[str, str] | None = None,
) -> Record:
    """A record of the paper's E2E setting; `again` gives another run_id to the same cell."""
    config: dict[str, Any] = {section: dict(values) for section, values in PAPER.items()}
    config |= {
        "model": {"name": model, "title": TITLES.get(model, model)},
        "method": {"name": method},
        "data": {"source": source, "root": None},
        "preset": preset,
        "seed": seed,
    }
    for section, values in (settings or {}).items():
        config[section] = {**config[section], **values}
    identified = {key: config[key] for key in ("eval", "train", "decode", "method", "preset")}
    inputs: dict[str, Any] = {
        "settings": {**identified, "seed": seed},
        "data": {"train": digest([source == "synthetic", partial])},
        "model": {"name": model, "weights": digest(model)},
        "versions": versions or {"trainer": 1},
    }
    group = digest({**inputs, "settings": identified})
    rows = {"train": 42061, "validation": 4672, "test": 4693}
    splits = {
        name: {"rows": count, "sha256": digest(name), "partial": partial and name == "train"}
        for name, count in rows.items()
    }
    done = status == "finished"
    return Record(
        run_id=digest([inputs, again])[:16],
        status=status,
        cell={"model": model, "method": method, "task": "e2e", "seed": seed, "preset": preset},
        config=config,
        identity={"hash": digest(inputs), "group": group, "inputs": inputs},
        error=None if done else {"type": error or "", "message": "", "traceback": ""},
        metrics={**SCORES, **(metrics or {})} if done else {},
        unavailable=unavailable or {},
        select="last",
        params={"adapter": 393216, "head": 0, "trained": 393216, "total": 355216384},
        data={"source": source, "splits": splits},
        model={"name": model, "revision": None, "sha256": digest(model)},
        finished=finished,
    )


def write(results: Path, *records: Record) -> None:
    """Put records where runs put them."""
    for record in records:
        Store(results).write(record)
