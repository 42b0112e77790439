"""The README.md of an export."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from bench.config import Cell
from bench.store.record import Record
from tests.export.exporting import call


def test_the_card_tells_where_it_is_from(finished: Callable[..., tuple[Cell, Record]]) -> None:
    """Method and source, scores, run, how to load it; metadata that a parser reads."""
    cell, record = finished("method=lora")
    assert call(cell, record.run_id, "--to", "peft") == 0
    text = (cell.paths.runs / record.run_id / "export/peft/README.md").read_text()
    _, front, body = text.split("---\n", 2)
    assert yaml.safe_load(front) == {"library_name": "peft", "tags": ["bench", "lora", "e2e"]}
    for part in (
        record.run_id, "arXiv 2106.09685", "| BLEU | 0.2500 |", "| METEOR | – |", "a part of its",
        'PeftModel.from_pretrained(base, "FOLDER")', "and `<eos>`", "rank: 4", "synthetic rows",
    ):  # fmt: skip
        assert part in body
    assert str(cell.paths.runs.parent) not in text
