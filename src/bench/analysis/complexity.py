"""Operations of one adapted map, counted in our forward pass (LoRMA, Tables 1 and 11).

The paper's shapes: W (d, k) = (o, i), x of b tokens, rank r; T acts on the side of d
(order=pre). Only shapes are needed, so that no weights are read and no values computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Literal, get_args

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from bench.analysis.operations import count_operations
from bench.analysis.records import Analysis, new_analysis
from bench.analysis.rows import ComplexityRow
from bench.attach.linear import Frozen
from bench.errors import ConfigError
from bench.methods.base import Update
from bench.methods.lora import Lora
from bench.methods.lorma import LormaPlus
from bench.methods.lorma_none import LormaNone
from bench.methods.lorma_pi import LormaPi
from bench.models.config import ModelConfig
from bench.models.heads import ENCODERS, CausalHead, ClassifierHead
from bench.models.meta import meta_model
from bench.models.parts import Part
from bench.models.shape import shape_of
from bench.tensors.circulant import cheaper_form

Form = Literal["matrix", "fft"]
DEVICES = ("cpu", "gpu")


def analyse_complexity(config: ModelConfig, part: str, rank: int, tokens: int) -> Analysis:
    """Count LoRA and LoRMA on the map called `part` of a model's blocks."""
    head = ClassifierHead(labels=2) if config.family in ENCODERS else CausalHead()
    shapes = shape_of(meta_model(config, head).model).linears
    known = {name: shapes[name] for name in get_args(Part) if name in shapes}
    if part not in known:
        raise ConfigError(f"--part {part}: {config.name} has {', '.join(known)}")
    o, i = next(shape for name, shape in known.items() if name == part)
    if rank > min(o, i):
        raise ConfigError(f"--rank {rank}: W of {part} is ({o}, {i}), so at most {min(o, i)}")
    settings = {"part": part, "rank": rank, "tokens": tokens, "order": "pre", "shape": [o, i]}
    return new_analysis(
        kind="complexity",
        model={"name": config.name, "revision": None, "sha256": None},
        name=f"{part}-rank-{rank}-tokens-{tokens}",
        settings=settings,
        values=list(rows_of(o, i, rank, tokens)),
    )


def rows_of(o: int, i: int, rank: int, tokens: int) -> Iterator[ComplexityRow]:
    """One row a method, and two for LoRMA_π: T as a matrix, and Fourier transforms."""
    shape = {"d": o, "k": i, "r": rank, "b": tokens}
    for update in (Lora, LormaNone, LormaPlus):
        found = operations(update(rank=rank, alpha=rank), o, i, tokens)
        yield ComplexityRow(method=update.key, form=None, chosen_on=[], **shape, **found)
    permuted = LormaPi(rank=rank, alpha=rank)
    for form in get_args(Form):
        found = operations(replace(permuted, form=form), o, i, tokens)
        chosen = [device for device in DEVICES if form == _cheaper(shape, device)]
        yield ComplexityRow(method=permuted.key, form=form, chosen_on=chosen, **shape, **found)


def _cheaper(shape: Mapping[str, int], device: str) -> Form:
    """What form=auto takes."""
    return cheaper_form(shape["d"], shape["r"], shape["b"], gpu=device == "gpu")


def operations(update: Update, o: int, i: int, tokens: int) -> dict[str, int]:
    """Those of one forward pass of `tokens` through an (o, i) map without a bias, by kind."""
    started = update.tensors(torch.empty(o, i), torch.Generator().manual_seed(0))
    with FakeTensorMode():
        linear = nn.Linear(i, o, bias=False)
        t = {name: torch.empty(tensor.shape) for name, tensor in started.items()}
        x = torch.empty(tokens, i)
        found = count_operations(
            lambda: update.forward(x, Frozen(linear), t, lambda values: values)
        )
    return {**asdict(found), "operations": found.total}
