"""Learning rates against the schedules of transformers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from bench.check import build
from bench.config import TrainConfig
from bench.training.schedule import lr_factor, total_steps, warmup_steps

CONFIG = build(
    TrainConfig,
    {
        "epochs": 2, "steps": None, "batch_size": 8, "accumulation": 1, "schedule": "linear",
        "warmup_steps": 5, "warmup_ratio": 0.0, "clip_norm": None, "label_smoothing": 0.0,
        "precision": "fp32", "select": "last", "evaluations": 1, "validation_limit": None,
        "limit": None,
    },
    "train",
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "reference"),
    [("linear", get_linear_schedule_with_warmup), ("cosine", get_cosine_schedule_with_warmup)],
)
def test_falls_as_in_transformers(kind: str, reference: object) -> None:
    """From the end of the warm-up on, step k uses what transformers uses in its k-th step."""
    config, total = replace(CONFIG, schedule=kind), 40
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = reference(optimizer, 5, total)  # type: ignore[operator]
    rates = []
    for _ in range(total):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    ours = [lr_factor(config, step, total) for step in range(1, total + 1)]
    # transformers begins the warm-up with a step at rate 0, which trains nothing.
    assert ours[:5] == pytest.approx([*rates[1:5], 1.0])
    assert ours[5:] == pytest.approx(rates[5:])


def test_constant_stays_at_the_peak() -> None:
    """After the warm-up nothing changes."""
    config = replace(CONFIG, schedule="constant")
    assert {lr_factor(config, step, 40) for step in range(6, 41)} == {1.0}


def test_number_of_steps() -> None:
    """E2E: 42,061 rows, batch 8, 5 epochs are 26,290 steps (LoRA's official count)."""
    assert total_steps(replace(CONFIG, epochs=5), 42_061) == 26_290
    assert total_steps(replace(CONFIG, accumulation=2), 80) == 10
    assert total_steps(replace(CONFIG, steps=7), 42_061) == 7


def test_warm_up_by_ratio_and_never_longer_than_training() -> None:
    """A ratio counts where no steps are given; a short run warms up all the way."""
    assert warmup_steps(replace(CONFIG, warmup_steps=0, warmup_ratio=0.06), 100) == 6
    assert warmup_steps(CONFIG, 3) == 3
    assert lr_factor(CONFIG, 3, 3) == 1.0
