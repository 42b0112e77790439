"""HF PEFT's layers in place of the model's linear maps, and back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from peft import PeftConfig
from peft.mapping import PEFT_TYPE_TO_TUNER_MAPPING
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils import PeftType
from torch import Generator, nn

from bench.errors import ConfigError
from bench.models.parts import Part, linears

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ADAPTER = "default"
"""PEFT's name of a single adapter."""


def peft_layers(model: nn.Module) -> dict[str, BaseTunerLayer]:
    """PEFT's layers, by their names in the model."""
    return {name: m for name, m in model.named_modules() if isinstance(m, BaseTunerLayer)}


def inject(
    model: PreTrainedModel,
    parts: Sequence[Part],
    configure: Callable[[list[str], int], PeftConfig],
    generator: Generator,
) -> None:
    """Wrap every map called `parts` in the tuner that `configure` names, in place.

    `configure` gets the names of the maps and a seed, from which torch's global stream on the
    CPU is seeded too, while PEFT draws. What trains is fp32, on the device of its map. Raises
    a ConfigError without parts, and for a map whose weight is kept in another form.
    """
    if not parts:
        raise ConfigError("method.parts: empty; name the adapted weights, as [query,value]")
    names = {module: name for name, module in model.named_modules()}
    maps: list[nn.Linear] = []
    for place in linears(model, parts):
        if not isinstance(place.linear, nn.Linear):
            raise ConfigError(
                f"method.base: {names[place.linear]} is a {type(place.linear).__name__}, which "
                "HF PEFT cannot wrap; leave method.base out"
            )
        maps.append(place.linear)
    seed = int(torch.randint(2**31, (), generator=generator))
    targets = [names[linear] for linear in maps]
    config = configure(targets, seed)
    # PEFT's inject_adapter_in_model makes this call too, but refuses tuners whose layers share
    # tensors. The layers keep those alive themselves.
    tuner = PEFT_TYPE_TO_TUNER_MAPPING[PeftType(config.peft_type)]
    with torch.random.fork_rng(devices=[]), _in_fp32(maps):
        torch.default_generator.manual_seed(seed)
        tuner(model, config, adapter_name=ADAPTER)
    # The tuner leaves its configuration on the model, where it would outlive the merge.
    del model.peft_config
    for target, linear in zip(targets, maps, strict=True):
        model.get_submodule(target).to(linear.weight.device)


@contextmanager
def _in_fp32(maps: Sequence[nn.Linear]) -> Iterator[None]:
    """Show the weights in fp32 on the CPU: PEFT's tensors take after the weight beside them."""
    own = [linear.weight for linear in maps]
    for linear in maps:
        shown = linear.weight.detach().float().cpu()
        linear.weight = nn.Parameter(shown, requires_grad=False)
    yield
    with torch.no_grad():
        for linear, weight in zip(maps, own, strict=True):
            # A tuner may start by changing the frozen weight.
            weight.copy_(linear.weight)
            linear.weight = weight


@torch.no_grad()
def fold(model: nn.Module) -> None:
    """Merge every tuner's layer into the map it wraps, which gets its place back."""
    for name, layer in peft_layers(model).items():
        layer.merge()
        model.set_submodule(name, layer.get_base_layer())
