"""The tiny models and the texts that probes work on, fixed here: conf/ may change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from bench.check import build
from bench.models.config import ModelConfig
from bench.models.heads import Head
from bench.models.load import Loaded, load
from bench.tasks.base import Labelled, Pair

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "gpt2": {
        "n_layer": 2,
        "n_embd": 48,
        "n_head": 4,
        "n_positions": 1024,
        "attn_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "resid_pdrop": 0.0,
    },
    "llama": {
        "num_hidden_layers": 2,
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 1024,
        "tie_word_embeddings": True,
    },
    "roberta": {
        "num_hidden_layers": 2,
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_attention_heads": 4,
        "max_position_embeddings": 1024,
        "type_vocab_size": 1,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    },
}
"""One model of each family, as in conf/model/tiny_*.yaml but without dropout, whose masks some
builds of torch draw in another way."""

NAMES = ("Blue Spice", "The Mill", "Cotto", "Aromi", "Fitzbillies", "The Vaults")
PLACES = ("riverside", "city centre", "market", "harbour")

PAIRS = tuple(
    Pair(f"name : {name} | area : {place}", f"{name} is {'near' if far else 'in'} the {place}.")
    for name in NAMES
    for far, place in enumerate(PLACES[: 2 + len(name) % 3])
)
"""Texts of various lengths."""

LABELLED = tuple(
    Labelled(first=pair.text, second=pair.context, label=len(pair.text) % 2) for pair in PAIRS
)


def section(family: str) -> dict[str, Any]:
    """The model section of a cell."""
    settings = {"model_type": family, **SETTINGS[family]}
    return {
        "name": f"tiny_{family}",
        "title": f"Tiny {family} (random)",
        "licence": "none needed",
        "family": family,
        "source": {"kind": "random", "seed": 0, "settings": settings},
        "path": None,
    }


def tiny(family: str, head: Head) -> Loaded:
    """The tiny model of a family, in fp32 on the CPU."""
    config = build(ModelConfig, section(family), "model")
    return load(config, head=head, dtype=torch.float32, device="cpu", seed=0)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread and products in full precision, whatever the machine and the caller have."""
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(precision)


def norm(tensors: Mapping[str, Tensor]) -> float:
    """2-norm of all values together, in float64."""
    squares = [tensor.detach().double().square().sum() for tensor in tensors.values()]
    return float(torch.stack(squares).sum().sqrt()) if squares else 0.0
