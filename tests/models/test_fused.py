"""What stands for parts of a model computes what they compute."""

from __future__ import annotations

import pytest
import torch

from bench.models.fused import Fused, OneProduct
from bench.models.split import SplitAttention
from tests.methods.every import IDS, attached, method, plain


@pytest.mark.parametrize("name", ["tiny_gpt2", "tiny_llama"])
def test_logits_stay_and_so_does_the_model(name: str) -> None:
    """Of GPT-2, where all is replaced, and of LLaMA, where nothing is; as before afterwards."""
    model = plain(name).model
    before = list(map(id, model.modules()))
    with torch.inference_mode():
        expected = model(IDS).logits
        fused = Fused(model)
        with fused.active():
            found = model(IDS).logits
            inside = [type(module) for module in model.modules()]
        again = model(IDS).logits
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert torch.equal(again, expected)
    assert list(map(id, model.modules())) == before
    assert (OneProduct in inside) == (torch.nn.GELU in inside) == (name == "tiny_gpt2")


def test_projections_with_a_method_on_them_stay() -> None:
    """Only merged or bare maps are multiplied with together."""
    made = attached(method("loda"), "tiny_gpt2")
    with Fused(made.model).active():
        kinds = [type(module) for module in made.model.modules()]
    assert OneProduct not in kinds
    assert SplitAttention in kinds


def test_an_odd_head_gets_a_round_product() -> None:
    """Of 50,257 words, say; here of 261."""
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(GPT2Config(vocab_size=261, n_embd=16, n_layer=1, n_head=2)).eval()
    model.requires_grad_(requires_grad=False)
    with torch.inference_mode():
        expected = model(IDS).logits
        with Fused(model).active():
            assert len(model.get_output_embeddings().weight) == 264
            found = model(IDS).logits
    assert found.shape == expected.shape
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
