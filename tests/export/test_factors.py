"""Factors stand beside the weights as they were loaded, whatever the method made of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.attach.attach import adapted_maps
from bench.errors import NotLowRankError
from bench.export.origin import origin_of
from bench.export.peft_folder import write_peft
from bench.methods.base import Init
from tests.export.exporting import composed, deviation, logits, on_disk, trained, with_peft

MODELS = ("tiny_gpt2", "tiny_llama", "tiny_roberta")


class Orthogonal(Init):
    """OLoRA's start, written out: W = Q R, B = Q_r, A = R_r, frozen W − s·B A."""

    source = "arXiv 2406.01775"

    def start(self, weight, update, t, generator):
        inner = getattr(update, "inner", update)
        Q, R = torch.linalg.qr(weight)
        B, A = Q[:, : inner.rank], R[: inner.rank]
        return weight - inner.scaling * B @ A, {**t, "A": A, "B": B}


@pytest.mark.parametrize("magnitude", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_a_start_that_changes_the_frozen_weight(name: str, magnitude: bool, tmp_path: Path) -> None:
    """The rank doubles, and the original model, not the residual, carries the adapter."""
    model = on_disk(name, tmp_path / "base")
    made = trained(model, replace(composed(magnitude=magnitude), init=Orthogonal()))
    expected = logits(made.attached.model)
    write_peft(made, origin_of(model), tmp_path / "adapter")
    assert deviation(logits(with_peft(model, tmp_path / "adapter")), expected) < 1e-5
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert config["r"] == (16 if name == "tiny_gpt2" else 8)


@pytest.mark.parametrize(("rank", "fits"), [(3, True), (40, False)])
def test_frozen_weights_that_a_plugin_changed(rank: int, fits: bool, tmp_path: Path) -> None:
    """A change of few ranks is found; one of many is refused, naming it."""
    model = on_disk("tiny_gpt2", tmp_path / "base")
    made = trained(model, composed(plugins={"restarts": {}}))
    generator = torch.Generator().manual_seed(3)
    for adapted in adapted_maps(made.attached.model).values():
        up, down = (torch.randn(48, rank, generator=generator) for _ in range(2))
        adapted.base.weight.data += 0.05 * up @ down.T
    expected = logits(made.attached.model)
    if not fits:
        with pytest.raises(NotLowRankError, match=r"by a matrix of rank 40; use --to merged"):
            write_peft(made, origin_of(model), tmp_path / "adapter")
        return
    write_peft(made, origin_of(model), tmp_path / "adapter")
    assert deviation(logits(with_peft(model, tmp_path / "adapter")), expected) < 1e-5
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert config["r"] == 2 * (4 + rank)


def test_a_rounded_residual(tmp_path: Path) -> None:
    """In bf16 what a start took out of the weight comes back to within one rounding of it."""
    model = on_disk("tiny_llama", tmp_path / "base")
    made = trained(model, replace(composed(), init=Orthogonal()), torch.bfloat16)
    maps = adapted_maps(made.attached.model)
    expected = {name: (m.merged(), m.base.weight.float().abs()) for name, m in maps.items()}
    write_peft(made, origin_of(model), tmp_path / "adapter")
    found = with_peft(model, tmp_path / "adapter", torch.bfloat16)
    for name, (merged, residual) in expected.items():
        layer = found.get_submodule(f"base_model.model.{name}")
        weight = layer.base_layer.weight.float() + layer.get_delta_weight("default")
        assert bool(((weight - merged).abs() <= 2**-8 * residual + 1e-6).all())


def test_a_rounded_change_of_a_plugin(tmp_path: Path) -> None:
    """It cannot be told from rounding, and is refused."""
    model = on_disk("tiny_llama", tmp_path / "base")
    made = trained(model, composed(plugins={"restarts": {}}), torch.bfloat16)
    for adapted in adapted_maps(made.attached.model).values():
        adapted.base.weight.data += 0.1
    with pytest.raises(NotLowRankError, match=r"rounded to bfloat16; use --to merged"):
        write_peft(made, origin_of(model), tmp_path / "adapter")
