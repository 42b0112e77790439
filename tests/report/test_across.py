"""Methods over several tasks, below a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report import across, latex, markdown
from bench.report.spec import TableSpec
from tests.report.test_tables import blocks
from tests.report.test_tasks import glue, of_task

__all__ = ["glue"]

TASKS = {"cola": "matthews", "rte": "accuracy", "sst2": "accuracy"}


def test_ranks_middles_and_improvements(glue: TableSpec, results: Path) -> None:
    """LoRMA₊ is above LoRA on two tasks of three: rank 4/3 beside 5/3, P = 2/3.

    The middle half of 6 runs leaves one out at each end: of 50 50 60 60 90 90 the mean is 65.
    """
    held = []
    for (task, metric), plus, lora in zip(
        TASKS.items(), (0.5, 0.6, 0.9), (0.4, 0.5, 0.95), strict=True
    ):
        held += of_task(task, metric, plus, plus, method="lorma_plus")
        held += of_task(task, metric, lora, lora)
    held += of_task("rte", "accuracy", 0.99, 0.99, method="bitfit")
    (block,) = blocks(glue, results, *held)
    found = across.across(glue, block)
    assert found is not None
    assert found.tasks == ("sst2", "cola", "rte")
    own, other = found.lines[::-1]
    assert (own.label, other.label, found.baseline) == ("LoRMA_+", "LoRA", "LoRA")
    assert own.middle.value == pytest.approx(65.0)
    assert own.improvement is not None
    assert own.improvement.value == pytest.approx(2 / 3)
    assert (own.rank, other.rank) == (pytest.approx(4 / 3), pytest.approx(5 / 3))
    assert other.improvement is None
    text = markdown.render(glue, (block,))
    assert "### Over tasks" in text
    assert "0.67 (0.67 to 0.67)" in text
    below = text.partition("### Over tasks")[2]
    assert below.index("1.33") < below.index("1.67"), "the best rank first"
    assert "over tasks" in latex.render(glue, (block,))


def test_what_is_too_little_is_not_told(glue: TableSpec, results: Path) -> None:
    """Two tasks; three tasks of a single method; three tasks with one seed each."""
    few = [
        *(one for task in ("cola", "rte") for method in ("lora", "ft")
          for one in of_task(task, TASKS[task], 0.5, 0.6, method=method)),
        *of_task("sst2", "accuracy", 0.5, 0.6), *of_task("sst2", "accuracy", 0.7, method="ft"),
    ]  # fmt: skip
    (block,) = blocks(glue, results, *few)
    assert across.across(glue, block) is None
    assert "Over tasks" not in markdown.render(glue, (block,))
