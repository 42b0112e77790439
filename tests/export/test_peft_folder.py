"""HF PEFT, beside the original model and without our code, computes what was trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from bench.attach.attach import adapted_maps
from bench.errors import NotLowRankError
from bench.export.origin import origin_of
from bench.export.peft_folder import write_peft
from tests.export.exporting import (
    LABELS,
    composed,
    deviation,
    logits,
    on_disk,
    original,
    trained,
    with_peft,
)

MODELS = ("tiny_gpt2", "tiny_llama", "tiny_roberta")
ALL = ["query", "value", "output", "up", "down"]

METHODS: dict[str, dict[str, Any]] = {
    "lora": {},
    "lora_all": {"parts": ALL},
    "adalora": {"gate": "importance"},
    "lorma_pre": {"update": "lorma_plus", "order": "pre"},
    "lorma_post": {"update": "lorma_plus", "order": "post", "parts": ["key", "down"]},
    "dora": {"magnitude": True, "parts": ALL},
    "dorma": {"update": "lorma_plus", "magnitude": True},
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("method", METHODS)
def test_peft_gives_the_trained_logits(method: str, name: str, tmp_path: Path) -> None:
    """To 1e-5 in fp32, on the unsplit model; heads of classifiers included."""
    model = on_disk(name, tmp_path / "base")
    made = trained(model, composed(**METHODS[method]))
    expected = logits(made.attached.model)
    assert deviation(logits(original(model)), expected) > 0.01
    write_peft(made, origin_of(model), tmp_path / "adapter")
    assert deviation(logits(with_peft(model, tmp_path / "adapter")), expected) < 1e-5


def test_gpt2_keys_do_not_move(tmp_path: Path) -> None:
    """PEFT's own delta of c_attn is zero in the key's columns, and not in the others'."""
    model = on_disk("tiny_gpt2", tmp_path / "base")
    made = trained(model, composed())
    write_peft(made, origin_of(model), tmp_path / "adapter")
    found = with_peft(model, tmp_path / "adapter")
    layer = found.get_submodule("base_model.model.transformer.h.1.attn.c_attn")
    query, key, value = layer.get_delta_weight("default").chunk(3, dim=1)
    assert torch.equal(key, torch.zeros(48, 48))
    assert min(float(query.abs().max()), float(value.abs().max())) > 0.01


def test_the_configuration(tmp_path: Path) -> None:
    """Hub name and commit, exact targets, scaling 1 for each rank, no folder of this machine."""
    model = on_disk("tiny_gpt2", tmp_path / "base")
    made = trained(model, composed(parts=ALL))
    write_peft(made, origin_of(model), tmp_path / "adapter")
    text = (tmp_path / "adapter" / "adapter_config.json").read_text()
    config = json.loads(text)
    fused = [f"transformer.h.{block}.attn.c_attn" for block in range(2)]
    assert config["peft_type"] == "LORA"
    assert config["base_model_name_or_path"] == "somebody/tiny"
    assert config["revision"] == "0" * 40
    assert set(fused) < set(config["target_modules"])
    assert len(config["target_modules"]) == 8
    assert (config["r"], config["lora_alpha"], config["fan_in_fan_out"]) == (4, 4, True)
    assert config["rank_pattern"] == config["alpha_pattern"] == dict.fromkeys(fused, 8)
    assert str(tmp_path) not in text


def test_a_head_is_saved_whole(tmp_path: Path) -> None:
    """Every tensor of the classifier is in the folder, with the trained values."""
    model = on_disk("tiny_roberta", tmp_path / "base")
    made = trained(model, composed())
    head = {n: p.detach().clone() for n, p in made.attached.trained().items()
            if n in made.attached.head}  # fmt: skip
    assert head["classifier.out_proj.weight"].shape == (LABELS, 48)
    write_peft(made, origin_of(model), tmp_path / "adapter")
    saved = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    for name, values in head.items():
        assert torch.equal(saved[f"base_model.model.{name}"], values)
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert config["task_type"] == "SEQ_CLS"
    assert "classifier" in config["modules_to_save"]


def test_many_blocks(tmp_path: Path) -> None:
    """PEFT shortens long lists of targets; here they stay exact, and in the same order."""
    model = on_disk("tiny_llama", tmp_path / "base", num_hidden_layers=21)
    made = trained(model, composed(parts=["query", "up"]))
    adapted = list(adapted_maps(made.attached.model))
    expected = logits(made.attached.model)
    write_peft(made, origin_of(model), tmp_path / "adapter")
    assert deviation(logits(with_peft(model, tmp_path / "adapter")), expected) < 1e-5
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert config["target_modules"] == sorted(adapted)


def test_weights_that_were_rounded(tmp_path: Path) -> None:
    """A run in bf16: the rounded weights with the exact adapter, added up in fp32."""
    model = on_disk("tiny_llama", tmp_path / "base")
    made = trained(model, composed("lorma_plus"), torch.bfloat16)
    weights = {n: m.merged() for n, m in adapted_maps(made.attached.model).items()}
    write_peft(made, origin_of(model), tmp_path / "adapter")
    found = with_peft(model, tmp_path / "adapter", torch.bfloat16)
    for name, expected in weights.items():
        layer = found.get_submodule(f"base_model.model.{name}")
        merged = layer.base_layer.weight.float() + layer.get_delta_weight("default")
        torch.testing.assert_close(merged, expected, rtol=0, atol=1e-6)


def test_what_is_no_lora(tmp_path: Path) -> None:
    """A change of full rank, and a tensor outside adapter and head, are refused by name."""
    model = on_disk("tiny_llama", tmp_path / "base")
    with pytest.raises(NotLowRankError, match=r"method=lorma_pi: .* use --to merged"):
        write_peft(trained(model, composed("lorma_pi")), origin_of(model), tmp_path / "a")
    made = trained(model, composed())
    made.attached.model.model.norm.weight.requires_grad_()
    with pytest.raises(NotLowRankError, match=r"model\.norm\.weight trained too"):
        write_peft(made, origin_of(model), tmp_path / "a")
