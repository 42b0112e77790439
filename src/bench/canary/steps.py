"""A few steps of training, and what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from bench.attach.attach import Attached
from bench.canary.probe import Reading
from bench.canary.tiny import norm
from bench.config import TrainConfig
from bench.training.batches import Line, collate
from bench.training.label import LabelBatch
from bench.training.loop import fit
from bench.training.step import summed_loss
from bench.training.text import TextBatch
from bench.training.validation import by_loss

OPTIMIZER = {"lr": 0.01, "eps": 1e-5}
"""A learning rate that moves a tiny model. With a small eps, Adam would enlarge what is left of
a gradient that is zero but for rounding to a whole step."""


def train_config(**given: Any) -> TrainConfig:
    """The settings of a training, plain unless given."""
    plain = {
        "epochs": 1,
        "steps": 6,
        "batch_size": 4,
        "accumulation": 1,
        "schedule": "linear",
        "warmup_steps": 0,
        "warmup_ratio": 0.0,
        "clip_norm": None,
        "label_smoothing": 0.0,
        "precision": "fp32",
        "select": "last",
        "evaluations": 2,
        "validation_limit": None,
        "limit": None,
    }
    return TrainConfig(**{**plain, **given})


def trained(
    attached: Attached,
    lines: Sequence[Line],
    held: Sequence[Line],
    padding: int,
    config: TrainConfig,
    *,
    better: Literal["higher", "lower"] = "lower",
) -> Reading:
    """Train in place: losses, the norm at the start, and the norm of what training changed.

    `better` says which validation losses select=best prefers.
    """
    start, before = attached.state(), logits(attached, held, padding)
    validation = replace(by_loss(attached.model, held, 4, padding), better=better)
    launched = partial(summed_loss, attached.model, autocast=False)
    first = validation.measure(launched)["loss"]
    fitted = fit(
        attached,
        lines,
        validation,
        config,
        seed=0,
        padding=padding,
        autocast=False,
        observe=lambda _: None,
    )
    end = attached.state()
    moved: dict[str, Tensor] = {
        name: end[name] - tensor if end[name].shape == tensor.shape else end[name]
        for name, tensor in start.items()
    }
    return {
        "norm at the start": norm(start),
        "norm of the change": norm(moved),
        "logits at the start": shown(before),
        "change of the logits": shown(logits(attached, held, padding) - before),
        "losses": [step["loss"] for step in fitted.trace],
        "learning rates": [step["lr"] for step in fitted.trace],
        "validation losses": [
            first,
            *(one["loss"] for one in fitted.history),
            validation.measure(launched)["loss"],
        ],
    }


@torch.no_grad()
def logits(attached: Attached, lines: Sequence[Line], padding: int) -> Tensor:
    """(positions or lines, outputs): at every token of texts, or of each line that is labelled."""
    attached.model.eval()
    batch = collate(lines, padding)
    if isinstance(batch, LabelBatch):
        return batch.logits(attached.model)
    assert isinstance(batch, TextBatch)  # noqa: S101  (there are two kinds)
    found: Tensor = attached.model(input_ids=batch.ids, attention_mask=batch.mask).logits
    return found[batch.mask.bool()]


def shown(values: Tensor) -> list[float]:
    """The norm of many values, and some of them, scaled to count as much as it does."""
    some = values.flatten()[:: max(values.numel() // 8, 1)][:8]
    scale = values.numel() ** 0.5
    return [float(values.double().norm()), *(some.double() * scale).tolist()]
