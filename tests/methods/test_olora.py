"""OLoRA against HF PEFT's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model

from bench.attach.attach import adapted_maps
from bench.errors import ConfigError
from bench.export.origin import origin_of
from bench.export.peft_folder import write_peft
from bench.methods.base import Update
from bench.methods.lora import Lora
from bench.methods.lorma import LormaPlus
from bench.methods.olora import Olora
from tests.export.exporting import deviation, on_disk, original, trained, with_peft
from tests.export.exporting import logits as all_logits
from tests.methods.every import IDS, attached, logits, method, plain


def test_start_is_pefts() -> None:
    """The same A, B and residual as init_lora_weights="olora", with s ≠ 1, and logits to 1e-5."""
    made = attached(method("olora", rank=8, alpha=20), "tiny_llama")
    theirs = get_peft_model(
        plain("tiny_llama").model,
        LoraConfig(
            r=8, lora_alpha=20, init_lora_weights="olora", target_modules=["q_proj", "v_proj"]
        ),
    )
    maps = adapted_maps(made.model)
    assert len(maps) == 4
    with torch.no_grad():
        for name, ours in maps.items():
            layer = theirs.base_model.model.get_submodule(name)
            torch.testing.assert_close(ours.adapter["A"], layer.lora_A["default"].weight)
            torch.testing.assert_close(ours.adapter["B"], layer.lora_B["default"].weight)
            torch.testing.assert_close(ours.base.weight, layer.base_layer.weight)
            ours.adapter["B"].mul_(1.1)
            layer.lora_B["default"].weight.mul_(1.1)
        expected = theirs(input_ids=IDS).logits
        torch.testing.assert_close(logits(made), expected, atol=1e-5, rtol=0)
        untouched = plain("tiny_llama").model(input_ids=IDS).logits
    assert (expected - untouched).abs().max() > 1e-3


def test_basis_is_orthonormal() -> None:
    """Bᵀ B = I, and the residual and s·B A make W."""
    W = torch.randn(12, 20, generator=torch.Generator().manual_seed(0))
    residual, t = Olora().start(W, Lora(rank=5, alpha=10), {}, torch.Generator())
    torch.testing.assert_close(t["B"].mT @ t["B"], torch.eye(5), atol=1e-6, rtol=0)
    torch.testing.assert_close(residual + 2 * t["B"] @ t["A"], W, atol=1e-6, rtol=0)


def test_magnitudes_are_of_the_original_weight() -> None:
    """With DoRA the start is the base model's, as PEFT's use_dora on its own OLoRA has it."""
    made = attached(method("olora", rank=8, alpha=20, magnitude=True), "tiny_llama")
    config = LoraConfig(
        r=8, lora_alpha=20, init_lora_weights="olora", use_dora=True,
        target_modules=["q_proj", "v_proj"],
    )  # fmt: skip
    theirs = get_peft_model(plain("tiny_llama").model, config)
    with torch.no_grad():
        untouched = plain("tiny_llama").model(input_ids=IDS).logits
        torch.testing.assert_close(logits(made), untouched, atol=1e-6, rtol=0)
        torch.testing.assert_close(theirs(input_ids=IDS).logits, untouched, atol=1e-6, rtol=0)


def test_export_stands_beside_the_original_weights(tmp_path: Path) -> None:
    """PEFT loads the folder on the model as it was loaded, not on the residual."""
    model = on_disk("tiny_gpt2", tmp_path / "base")
    made = trained(model, method("olora"))
    expected = all_logits(made.attached.model)
    assert deviation(all_logits(original(model)), expected) > 0.01
    write_peft(made, origin_of(model), tmp_path / "adapter")
    assert deviation(all_logits(with_peft(model, tmp_path / "adapter")), expected) < 1e-5


@pytest.mark.parametrize(
    ("update", "message"),
    [
        (Lora(rank=4, alpha=4, gate="softmax"), "with gate=none only"),
        (LormaPlus(rank=4, alpha=4), "starts update=lora"),
        (Lora(rank=13, alpha=4), "set at most 12"),
    ],
)
def test_other_updates_are_refused(update: Update, message: str) -> None:
    """The start is LoRA's alone, and a basis has no more vectors than rows."""
    with pytest.raises(ConfigError, match=message):
        Olora().start(torch.randn(12, 20), update, {}, torch.Generator())
