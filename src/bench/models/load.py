"""Load a base model: frozen, in evaluation mode, its linear maps split into parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from bench.models.architecture import check_stated
from bench.models.config import HubSource, ModelConfig, PackageSource, RandomSource
from bench.models.fingerprint import fingerprint
from bench.models.gguf import converted
from bench.models.heads import ClassifierHead, Head, head_names, outside_base
from bench.models.hub import hub_folder
from bench.models.package import package_path
from bench.models.pretrained import read_folder
from bench.models.quiet import quiet
from bench.models.random_weights import random_model
from bench.models.split import split_projections, tied_projections
from bench.models.tokenizer import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A base model that is ready for a method."""

    model: PreTrainedModel
    """No tensor requires a gradient; dropout is off until `train()` is called."""
    tokenizer: PreTrainedTokenizerBase
    """It has a padding token and pads on the right."""
    head: frozenset[str]
    """Names of the classification head's tensors; empty for generation."""
    name: str
    revision: str | None
    """Commit or package version; null for a local folder and for random weights."""
    sha256: str


def load(
    config: ModelConfig, *, head: Head, dtype: torch.dtype, device: torch.device | str, seed: int
) -> Loaded:
    """Load the model that `config` names, with `head` on top.

    `seed` draws the values of a new classification head and nothing else; they are the
    same in every dtype and on every device, but for rounding. Raises a ModelError of one
    line where the model cannot be had.
    """
    revision, sha256 = fingerprint(config)
    # transformers draws from the global stream; the caller's must not move.
    model: Any  # transformers wraps the methods of modules so that their types are lost
    with quiet(), torch.random.fork_rng(devices=[]):
        model, tokenizer = _read(config, head, dtype, sha256)
    check_stated(config, model.config)
    prepare(tokenizer, model.get_input_embeddings().weight.shape[0], config.name)
    model.config.pad_token_id = tokenizer.pad_token_id
    names: frozenset[str] = frozenset()
    if isinstance(head, ClassifierHead):
        names = head_names(model)
        _draw_head(model, seed)
    else:
        model.generation_config.pad_token_id = tokenizer.pad_token_id
    settle(model, device)
    return Loaded(
        model=model,
        tokenizer=tokenizer,
        head=names,
        name=config.name,
        revision=revision,
        sha256=sha256,
    )


def settle(model: Any, device: torch.device | str) -> None:
    """Split, freeze and move a model in place; dropout is off.

    No weight is moved later, when a captured step may read it where it was.
    """
    split_projections(model)
    model.requires_grad_(requires_grad=False)
    model.to(device)
    with tied_projections(model):
        model.eval()


def _read(
    config: ModelConfig, head: Head, dtype: torch.dtype, sha256: str
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Read the model and tokenizer from wherever they are."""
    source = config.source
    if config.path is not None:
        folder = config.path
    elif isinstance(source, RandomSource):
        return random_model(source, head, dtype, config.name)
    elif isinstance(source, HubSource):
        folder = hub_folder(source, config.name)
    else:
        folder = _package_folder(source, sha256, config.name)
    return read_folder(folder, head, dtype, config.name)


def _package_folder(source: PackageSource, sha256: str, name: str) -> Path:
    """Return the folder inside the package, or the converted .gguf file."""
    path = package_path(source, name)
    return converted(path, sha256, name) if path.suffix == ".gguf" else path


def _draw_head(model: PreTrainedModel, seed: int) -> None:
    """Initialise every tensor outside the base model.

    As in transformers: weights are normal with the configuration's `initializer_range`,
    biases zero. Drawn in fp32 on the CPU.
    """
    generator = torch.Generator().manual_seed(seed)
    names = outside_base(model)
    head = {name: p for name, p in model.named_parameters() if name in names}
    for parameter in head.values():
        values = torch.zeros(parameter.shape)
        if values.dim() > 1:
            values.normal_(0.0, model.config.initializer_range, generator=generator)
        parameter.data.copy_(values)
