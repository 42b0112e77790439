"""Tiny models as transformers writes them, and trained methods beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    PreTrainedModel,
)

from bench.attach.attach import attach
from bench.config import Cell
from bench.export.__main__ import main
from bench.export.restore import Trained, remember, starting
from bench.methods.compose import MethodConfig, method_from
from bench.models.catalogue import catalogue
from bench.models.config import HubSource, ModelConfig
from bench.models.heads import CausalHead, ClassifierHead
from bench.models.load import load
from bench.models.tokenizer import VOCABULARY, byte_tokenizer

IDS = (torch.arange(24).reshape(2, 12) * 7) % 200 + 20
LABELS = 3
ORIGIN = HubSource(kind="hub", repository="somebody/tiny", revision="0" * 40)


def auto(model: ModelConfig) -> Any:
    """The class that transformers loads the model with."""
    return AutoModelForSequenceClassification if encoder(model) else AutoModelForCausalLM


def encoder(model: ModelConfig) -> bool:
    return model.family in ("bert", "roberta")


def on_disk(name: str, folder: Path, **settings: Any) -> ModelConfig:
    """A model of transformers' own making in a folder; all its values are drawn, biases too."""
    found = next(model for model in catalogue() if model.name == name)
    values = {**found.source.settings, "vocab_size": VOCABULARY, "pad_token_id": 0, **settings}  # type: ignore[union-attr]
    config = AutoConfig.for_model(**values)
    if encoder(found):
        config.num_labels = LABELS
    torch.manual_seed(0)
    plain = auto(found).from_config(config)
    for parameter in plain.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    plain.save_pretrained(folder)
    byte_tokenizer(pairs=False).save_pretrained(folder)
    return replace(found, path=folder, source=ORIGIN)


def composed(update: str | None = "lora", **options: Any) -> MethodConfig:
    """A method as its file would have it; options that are None are left out."""
    values = {
        "name": update or "selected", "update": update, "parts": ["query", "value"], "rank": 4,
        "alpha": 8, "optimizer": {"lr": 1e-3},
    }  # fmt: skip
    return method_from({k: v for k, v in {**values, **options}.items() if v is not None})


def trained(
    model: ModelConfig, method: MethodConfig, dtype: torch.dtype = torch.float32
) -> Trained:
    """The method on the model, every trained tensor away from its start."""
    head = ClassifierHead(labels=LABELS) if encoder(model) else CausalHead()
    loaded = load(model, head=head, dtype=dtype, device="cpu", seed=0)
    originals = remember(loaded.model, method)
    attached = attach(loaded.model, method, 0, loaded.head)
    starts = starting(attached)
    generator = torch.Generator().manual_seed(1)
    for parameter in attached.trained().values():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    attached.model.eval()
    return Trained(
        attached=attached, tokenizer=loaded.tokenizer, originals=originals, starts=starts
    )


@torch.no_grad()
def logits(model: PreTrainedModel) -> Tensor:
    return model(input_ids=IDS).logits


def deviation(found: Tensor, expected: Tensor) -> float:
    """Largest difference."""
    return float((found - expected).abs().max())


def with_peft(model: ModelConfig, folder: Path, dtype: torch.dtype = torch.float32) -> Any:
    """The original model with an exported adapter, loaded as anybody would."""
    return PeftModel.from_pretrained(original(model, dtype), folder).eval()


def original(model: ModelConfig, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """The folder as anybody would load it, with none of our code."""
    return auto(model).from_pretrained(model.path, dtype=dtype).eval()


def call(cell: Cell, run_id: str, *arguments: str) -> int:
    """The command, in the folders of a cell."""
    places = (f"paths.runs={cell.paths.runs}", f"paths.results={cell.paths.results}")
    return main([run_id, *arguments, *places])
