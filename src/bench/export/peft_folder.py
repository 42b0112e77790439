"""Write what was trained as a LoRA folder, which HF PEFT loads beside the original model.

PEFT adds s·B A with s = lora_alpha / r. Here B = up, A = down and lora_alpha = r for every
map, so that s = 1: our own scaling is in the factors. Magnitudes become those of DoRA
(`use_dora`), which is the same equation whatever update made up·down.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from statistics import mode
from typing import Any

import torch
from peft import LoraConfig, TaskType, get_peft_model

from bench.attach.attach import Attached, adapted_maps
from bench.errors import NotLowRankError
from bench.export.allowed import otherwise
from bench.export.factors import Factors, factors_of, joined
from bench.export.origin import Origin
from bench.export.restore import Trained
from bench.export.strip import restore_layout, take_off
from bench.models.parts import family
from bench.models.quiet import quiet


def lora_config(factors: Mapping[str, Factors], attached: Attached, origin: Origin) -> LoraConfig:
    """The configuration of a LoRA that has these factors."""
    ranks = {name: one.rank for name, one in factors.items()}
    usual = mode(ranks.values())
    unusual = {name: rank for name, rank in ranks.items() if rank != usual}
    return LoraConfig(
        task_type=TaskType.SEQ_CLS if attached.head else TaskType.CAUSAL_LM,
        target_modules=sorted(factors),
        r=usual,
        lora_alpha=usual,
        rank_pattern=unusual,
        alpha_pattern=dict(unusual),
        lora_dropout=0.0,
        use_dora=any(one.magnitude is not None for one in factors.values()),
        fan_in_fan_out=family(attached.model) == "gpt2",
        modules_to_save=head_modules(attached),
        revision=origin.revision,
    )


def head_modules(attached: Attached) -> list[str] | None:
    """The modules that hold the head, by the last name that PEFT looks for; None without one."""
    base = f"{attached.model.base_model_prefix}."
    return sorted({n.removeprefix(base).partition(".")[0] for n in attached.head}) or None


def check_covered(attached: Attached) -> None:
    """Raise a NotLowRankError where a tensor trained that is neither adapter nor head."""
    maps = tuple(f"{name}." for name in adapted_maps(attached.model))
    other = [n for n in attached.saved() if n not in attached.head and not n.startswith(maps)]
    if other:
        raise NotLowRankError(f"{other[0]} trained too, which a LoRA folder does not hold")


def write_peft(trained: Trained, origin: Origin, folder: Path) -> None:
    """Save a PEFT LoRA folder; the model is no longer ours afterwards.

    Raises a NotLowRankError, with the reason, where no LoRA computes the same.
    """
    attached = trained.attached
    method = attached.method
    try:
        check_covered(attached)
        split = factors_of(trained)
    except NotLowRankError as error:
        raise NotLowRankError(f"method={method.name}: {error}; {otherwise(method)}") from None
    take_off(attached.model)
    factors = joined(split, attached.model)
    restore_layout(attached.model)
    config = lora_config(factors, attached, origin)
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PEFT's advice on names and layouts, settled above
        model: Any = get_peft_model(attached.model, config, revision=origin.revision)
        _fill(model, factors)
        saved = model.peft_config["default"]
        saved.base_model_name_or_path = origin.name
        # PEFT shortens the names of many targets, and keeps them in a set without order.
        saved.target_modules = sorted(factors)
        # The vocabulary is as it was; PEFT would ask the hub to find that out.
        model.save_pretrained(folder, save_embedding_layers=False)


@torch.no_grad()
def _fill(model: Any, factors: Mapping[str, Factors]) -> None:
    """Put the factors into PEFT's layers."""
    for name, one in factors.items():
        layer = model.base_model.model.get_submodule(name)
        layer.lora_A["default"].weight.copy_(one.down)
        layer.lora_B["default"].weight.copy_(one.up)
        if one.magnitude is not None:
            layer.lora_magnitude_vector["default"].weight.copy_(one.magnitude)
