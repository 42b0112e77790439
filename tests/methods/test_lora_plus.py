"""LoRA+ against HF PEFT's optimizer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from torch import nn

from bench.errors import ConfigError
from bench.methods.compose import OptimizerConfig
from bench.training.optimizers import build_optimizer
from tests.methods.every import FILES, attached, method, plain


def rates(optimizer: torch.optim.Optimizer, named: dict[str, nn.Parameter]) -> dict[str, float]:
    """Learning rate of each trained tensor, by its name."""
    names = {parameter: name for name, parameter in named.items()}
    return {names[p]: group["lr"] for group in optimizer.param_groups for p in group["params"]}


def test_groups_are_pefts() -> None:
    """The same learning rate for every tensor, by name, with the ratio of the method's file."""
    made = attached(method("lora_plus"), "tiny_llama")
    config = OptimizerConfig(lr=2e-4, ratio=made.method.optimizer.ratio)
    ours = rates(build_optimizer(config, made), made.trained())
    model = get_peft_model(
        plain("tiny_llama").model, LoraConfig(r=4, target_modules=["q_proj", "v_proj"])
    )
    theirs: Any = create_loraplus_optimizer(
        model, torch.optim.AdamW, lr=2e-4, loraplus_lr_ratio=16.0
    )
    expected = rates(theirs, {n: p for n, p in model.named_parameters() if p.requires_grad})
    renamed = {
        name.removeprefix("base_model.model.")
        .replace(".lora_", ".adapter.")
        .removesuffix(".default.weight"): rate
        for name, rate in expected.items()
    }
    assert "lora_plus" in FILES
    assert ours == renamed
    assert set(ours.values()) == {2e-4, 2e-4 * 16}


def test_ratio_of_one_is_one_group() -> None:
    """AdamW as it is."""
    made = attached(method("lora_plus"), "tiny_llama")
    (group,) = build_optimizer(OptimizerConfig(lr=2e-4), made).param_groups
    assert group["lr"] == 2e-4
    assert len(group["params"]) == len(made.trained())


def test_a_method_without_b_is_refused() -> None:
    """A ratio that would act on nothing is an error, not a plain AdamW."""
    made = attached(method("bitfit", optimizer={"lr": 1e-3, "ratio": 16.0}), "tiny_gpt2")
    with pytest.raises(ConfigError, match="trains no matrix B"):
        build_optimizer(made.method.optimizer, made)
