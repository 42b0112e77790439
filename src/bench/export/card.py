"""The README.md of an exported model, in the form of a model card. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from bench.config import Cell
from bench.export.origin import origin_of
from bench.machine import precision_of
from bench.methods.magnitude import Magnitude
from bench.report.markdown import escape
from bench.store.record import Record

Kind = Literal["peft", "merged"]

TITLES: dict[Kind, str] = {
    "peft": "This folder is a LoRA adapter for HF PEFT: it holds the change of the weights only.",
    "merged": "This folder is a whole model in transformers' layout, the adapter merged into it.",
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the card tells besides the cell and its record."""

    kind: Kind
    labels: int | None
    """Classes of the task's head; null for generation."""
    end: str | None
    """The end token behind a context; null where none stands there."""
    note: str | None
    """A reservation about the base weights."""


def card(cell: Cell, record: Record, facts: Facts) -> str:
    """The whole text."""
    title = f"# {cell.method.name} on {cell.task.key}, {escape(cell.model.title)}"
    parts = [
        _front(cell, facts.kind),
        title,
        f"{TITLES[facts.kind]} Trained and scored by bench, run `{record.run_id}`.",
        _origins(cell, facts),
        "## Scores",
        _scores(record),
        "## Use",
        _use(cell, facts),
        "## Settings",
        "```yaml\n" + yaml.safe_dump(_settings(record), sort_keys=False).strip() + "\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _front(cell: Cell, kind: Kind) -> str:
    """Metadata that the hub reads."""
    origin = origin_of(cell.model)
    values: dict[str, Any] = {"base_model": origin.name} if origin.on_hub else {}
    values["library_name"] = "peft" if kind == "peft" else "transformers"
    values["tags"] = ["bench", cell.method.name, cell.task.key]
    return f"---\n{yaml.safe_dump(values, sort_keys=False)}---"


def _origins(cell: Cell, facts: Facts) -> str:
    """Base model, and the source of each part of the method."""
    lines = [
        f"- base model: {origin_of(cell.model).words}; its licence: {escape(cell.model.licence)}",
        *(f"- {name}: {part.source}" for name, part in cell.method.components.items()),
    ]
    if isinstance(cell.method.update, Magnitude):
        inner = cell.method.update.inner
        lines.append(f"- of the directions, {inner.key}: {inner.source}")
    if facts.note is not None:
        lines.append(f"- {escape(facts.note)}")
    return "\n".join(lines)


def _scores(record: Record) -> str:
    """Metrics as the official programs print them, and what they were measured on."""
    if not record.metrics:
        return f"None: the run is {record.status}."
    data = record.data
    part = "a part of its" if data.get("partial") else "its"
    split = record.config["eval"]["split"]
    measured = (
        f"Task {record.cell['task']}, {part} {data.get('source')} rows, {split} split, "
        f"seed {record.cell.get('seed')}, {record.cell.get('preset')} preset; as the official "
        "programs print them."
    )
    lines = [escape(measured), "", "| metric | score |", "|:--|--:|"]
    for name, value in record.metrics.items():
        lines.append(f"| {escape(name)} | {'–' if value is None else format(value, '.4f')} |")
    return "\n".join(lines)


def _use(cell: Cell, facts: Facts) -> str:
    """Python that loads it, and how an input looks."""
    origin, auto = origin_of(cell.model), "AutoModelForCausalLM"
    options = f'dtype="{"bfloat16" if precision_of(cell) == "bf16" else "float32"}"'
    if facts.labels is not None:
        auto = "AutoModelForSequenceClassification"
    if facts.kind == "merged":
        lines = [
            f"from transformers import {auto}, AutoTokenizer",
            "",
            f'model = {auto}.from_pretrained("FOLDER")',
            'tokenizer = AutoTokenizer.from_pretrained("FOLDER")',
        ]
    else:
        name = origin.name if origin.on_hub else "BASE"
        options += f', revision="{origin.revision}"' if origin.on_hub else ""
        options += "" if facts.labels is None else f", num_labels={facts.labels}"
        lines = [
            "from peft import PeftModel",
            f"from transformers import {auto}",
            "",
            f'base = {auto}.from_pretrained("{name}", {options})',
            'model = PeftModel.from_pretrained(base, "FOLDER")',
        ]
    text = "\n".join(("```python", *lines, "```"))
    if facts.kind == "peft" and not origin.on_hub:
        text += "\n\n`BASE` is a folder with the base model named above, in transformers' layout."
    if facts.end is not None:
        text += (
            f"\n\nAn input is the context without special tokens and `{facts.end}`; the text "
            "begins behind it."
        )
    return text


def _settings(record: Record) -> Mapping[str, Any]:
    """What trained it, as the record has it."""
    return {key: record.config[key] for key in ("method", "train")}
