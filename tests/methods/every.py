"""Every method of conf/method on every kind of tiny model, and what it does there."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor

from bench.attach.attach import Attached, adapted_maps, attach
from bench.check import build
from bench.errors import ConfigError
from bench.methods.compose import MethodConfig, method_from
from bench.models.config import ModelConfig
from bench.models.heads import ENCODERS, CausalHead, ClassifierHead
from bench.models.load import load
from bench.paths import config_folder
from bench.training.hooks import Hooks
from bench.training.optimizers import build_optimizer

MODELS = ("tiny_gpt2", "tiny_llama", "tiny_roberta")
"""Hidden size 48, two blocks."""

FILES = {path.stem: path for path in sorted((config_folder() / "method").glob("*.yaml"))}

TINY: dict[str, dict[str, Any]] = {
    "lora_xs": {"std": 0.01},
    "olora": {"rank": 8},
    "r_loda": {"base": {"low_rank": {"rank": 16}}},
    "r_loda_plus": {"base": {"low_rank": {"rank": 16}}},
}
"""Options that a model of hidden size 48 needs in place of a method's own."""

REFUSED: dict[tuple[str, str], str] = {
    ("bitfit", "tiny_llama"): r"llama has no bias",
}
"""What attaching a method to a model must say (a pattern), where it must refuse that model."""

CASES = [(name, model) for name in FILES for model in MODELS if (name, model) not in REFUSED]

IDS = (torch.arange(24).reshape(2, 12) * 7) % 200 + 20
LABELS = torch.tensor([0, 1])


def settings(name: str, **options: Any) -> dict[str, Any]:
    """The method's file with a learning rate that moves a tiny model in a few steps."""
    values = copy.deepcopy(_values(name))
    optimizer = {**values["optimizer"], "lr": 0.01, "weight_decay": 0.0}
    return {**values, **TINY.get(name, {}), "optimizer": optimizer, **options}


@cache
def _values(name: str) -> dict[str, Any]:
    return yaml.safe_load(FILES[name].read_text(encoding="utf-8"))


def method(name: str, **options: Any) -> MethodConfig:
    """The method, composed."""
    return method_from(settings(name, **options))


@cache
def _config(name: str) -> ModelConfig:
    path = config_folder() / "model" / f"{name}.yaml"
    return build(ModelConfig, yaml.safe_load(path.read_text(encoding="utf-8")), "model")


def plain(model: str) -> Any:
    """A tiny model as it is loaded: frozen, with a new head of two classes on RoBERTa.

    RoBERTa takes longest, so it is a copy. The others are loaded: their projections are views of
    one tensor, and those of a copy would not be.
    """
    return copy.deepcopy(_roberta()) if model == "tiny_roberta" else _load(model)


@cache
def _roberta() -> Any:
    return _load("tiny_roberta")


def _load(model: str) -> Any:
    head = ClassifierHead(labels=2) if model == "tiny_roberta" else CausalHead()
    return load(_config(model), head=head, dtype=torch.float32, device="cpu", seed=0)


def attached(composed: MethodConfig, model: str, seed: int = 0) -> Attached:
    """A method on a tiny model, without dropout.

    What a transform of the base cannot do here it must refuse; the test is then skipped.
    """
    loaded = plain(model)
    for base in composed.base:
        if (reason := base.available()) is not None:
            with pytest.raises(ConfigError, match=re.escape(reason)):
                attach(loaded.model, composed, seed, loaded.head)
            pytest.skip(reason)
    made = attach(loaded.model, composed, seed, loaded.head)
    made.model.eval()
    return made


def logits(made: Attached) -> Tensor:
    """Logits of two lines, at the places of their own tokens.

    An encoder's head reads the first token, which therefore stays the line's own.
    """
    before, behind = made.virtual_tokens
    rows = [torch.tensor(ids).expand(len(IDS), -1).long() for ids in (before, behind)]
    start = 1 if made.model.config.model_type in ENCODERS else 0
    ids = torch.cat((IDS[:, :start], rows[0], IDS[:, start:], rows[1]), dim=1)
    out = made.model(input_ids=ids).logits
    return out if out.dim() == 2 else out[:, len(before) : len(before) + IDS.shape[1]]


def loss(made: Attached) -> Tensor:
    """Cross-entropy of the next token, or of the class."""
    found = logits(made)
    if found.dim() == 2:
        return torch.nn.functional.cross_entropy(found, LABELS)
    return torch.nn.functional.cross_entropy(found[:, :-1].flatten(0, 1), IDS[:, 1:].flatten())


@dataclass
class Training:
    """What a few steps of a method did."""

    losses: list[float]
    reached: dict[str, bool]
    """Whether each trained tensor had a gradient that is not zero."""


def train(made: Attached, steps: int) -> Training:
    """Steps over one batch as the training loop makes them, plugins included.

    Where nothing trains it makes none, as the loop does.
    """
    if not made.trained():
        return Training([], {})

    def loss_of(_: Any) -> Tensor:
        return loss(made)

    rows: Iterator[Any] = repeat((0.0, []))
    optimizer = build_optimizer(made.method.optimizer, made)
    hooks = Hooks(made, optimizer, steps, seed=0, loss_of=loss_of, held_out=lambda _: rows)
    done = Training([], dict.fromkeys(made.trained(), False))
    for step in range(1, steps + 1):
        hooks.begin(step, [])
        now = loss(made)
        now.backward()
        for term in hooks.extra_losses():
            term.backward()
        hooks.gradient()
        for name, tensor in made.trained().items():
            done.reached[name] |= tensor.grad is not None and bool((tensor.grad != 0).any())
        optimizer.step()
        optimizer.zero_grad()
        hooks.end()
        done.losses.append(float(now.detach()))
    hooks.finalize()
    return done


def unchanged(made: Attached, act: Callable[[], object]) -> bool:
    """Whether every tensor that does not train is bit-identical after `act`.

    A search that a plugin keeps beside an update is no part of the base model.
    """
    named = {**dict(made.model.named_parameters()), **dict(made.model.named_buffers())}
    own = {f"{n}.{kept}" for n, layer in adapted_maps(made.model).items() for kept in layer.kept}
    search = {name for name in own if any(p.changed(name) for p in made.method.plugins)}
    other = made.trained().keys() | search
    before = {name: t.detach().clone() for name, t in named.items() if name not in other}
    act()
    return all(torch.equal(named[name], t) for name, t in before.items())
