"""Which values of a table are marked as leading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.report import latex, markdown, tidy
from bench.report.blocks import Block
from bench.report.spec import TableSpec
from bench.store.record import Record
from tests.report.report_records import make_record
from tests.report.test_tables import blocks, lines

HARD = np.random.Generator(np.random.PCG64(0)).normal(0, 0.01, 200)
"""What each resample of the items does to every method alike."""


def seeds(method: str, *bleu: float, items: str = "test items") -> list[Record]:
    """Runs of a method with some scores, and resamples of them."""
    found = []
    for seed, value in enumerate(bleu):
        record = make_record(method, seed, metrics={"BLEU": value})
        own = np.random.Generator(np.random.PCG64(seed)).normal(0, 0.0005, len(HARD))
        record.identity["inputs"]["data"]["test"] = items
        record.resampled = {"BLEU": " ".join(f"{x:.6g}" for x in value + HARD + own)}
        found.append(record)
    return found


def leading(block: Block) -> list[str]:
    """Methods whose BLEU is marked."""
    return [
        entry.row.method
        for entry in block.entries
        for line in entry.lines
        if line.values and line.values[0].leads
    ]


def test_the_best_and_what_cannot_be_told_from_it_lead(spec: TableSpec, results: Path) -> None:
    """LoRMA₊ is best, π within the spread of seeds, LoRA far below."""
    (block,) = blocks(
        spec, results,
        *seeds("lorma_plus", 0.692, 0.694, 0.690), *seeds("lorma_pi", 0.690, 0.693, 0.689),
        *seeds("lora", 0.651, 0.652, 0.650),
    )  # fmt: skip
    assert leading(block) == ["lorma_pi", "lorma_plus"]
    others = [value.leads for line in block.lines for value in line.values[1:]]
    assert not any(others), "records hold resamples of BLEU alone"
    text = markdown.render(spec, (block,))
    assert "**69.2 ± 0.2**" in text
    assert "**65.1" not in text
    assert r"\textbf{69.2 $\pm$ 0.2}" in latex.render(spec, (block,))
    rows = [row.split(",") for row in tidy.render(spec, (block,)).splitlines()]
    at = rows[0].index("leads")
    assert [row[at] for row in rows if "BLEU" in row and "lorma_plus" in row] == ["true"]


def test_what_cannot_be_tested_is_not_marked(spec: TableSpec, results: Path) -> None:
    """A single seed, an old record, other items, numbers that are none: nothing leads."""
    old = seeds("lora", 0.65, 0.66)
    for record in old:
        record.resampled = {}
    damaged = seeds("adapter_h", 0.65, 0.66)
    damaged[1].resampled = {"BLEU": "nan 0.5"}
    odd = seeds("dora", 0.65, 0.66)
    for record in odd:
        record.identity["inputs"]["data"]["test"] = ["no", "hash"]
    (block,) = blocks(
        spec, results,
        *seeds("lorma_plus", 0.70, 0.71), *seeds("lorma_pi", 0.99), *old, *damaged, *odd,
        *seeds("ft", 0.80, 0.81, items="other items"),
    )  # fmt: skip
    assert leading(block) == []
    assert lines(block, "lorma_pi")[0].values[0].mean == pytest.approx(99.0)


def test_a_lower_score_may_be_better(spec: TableSpec, results: Path) -> None:
    """As of TER."""
    from dataclasses import replace

    (first, *rest) = spec.columns
    lower = replace(spec, columns=(replace(first, better="lower"), *rest))
    (block,) = blocks(
        lower, results, *seeds("lorma_plus", 0.692, 0.694), *seeds("lora", 0.651, 0.652)
    )
    assert leading(block) == ["lora"]
