"""Probes of the loaders: tokens and logits of each tiny model."""

from __future__ import annotations

from functools import partial

import torch

from bench.canary.probe import Inputs, Probe, Reading
from bench.canary.tiny import PAIRS, SETTINGS, norm, tiny
from bench.models.heads import ENCODERS, CausalHead, ClassifierHead

SHOWN = 12
"""Logits of each line that are kept."""


def probes() -> list[Probe]:
    """One for each family."""
    return [
        Probe(
            name=f"model {family}", components=("models",), inputs=dict, read=partial(read, family)
        )
        for family in SETTINGS
    ]


def read(family: str, _: Inputs) -> Reading:
    """Tokens of two texts, logits behind them, and the norm of the weights."""
    encoder = family in ENCODERS
    loaded = tiny(family, ClassifierHead(labels=3) if encoder else CausalHead())
    texts = [pair.context for pair in PAIRS[:2]]
    batch = loaded.tokenizer(texts, return_tensors="pt", padding=True)
    with torch.no_grad():
        logits = loaded.model(**batch).logits
    last = batch["attention_mask"].sum(dim=1) - 1
    rows = logits if encoder else logits[torch.arange(len(texts)), last]
    return {
        "tokens": " ".join(map(str, batch["input_ids"].flatten().tolist())),
        "logits": rows[:, :SHOWN].flatten().tolist(),
        "norm of the weights": norm(dict(loaded.model.named_parameters())),
        "norm of the head": norm(
            {name: p for name, p in loaded.model.named_parameters() if name in loaded.head}
        ),
    }
