"""Prefix tuning against HF PEFT, and against the base model where the prefix is hidden."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import PrefixTuningConfig, get_peft_model

from bench.attach.attach import attach
from bench.methods.prefix import Prefix
from bench.models import prefixed
from bench.models.shape import Shape
from tests.methods.every import IDS, attached, logits, method, plain, train

TOKENS = 5


@pytest.mark.parametrize("hidden", [0, 32])
@pytest.mark.parametrize("model", ["tiny_gpt2", "tiny_llama"])
def test_logits_of_peft(model: str, hidden: int) -> None:
    """The same encoder in PEFT's own model, at the positions that its cache gives a text."""
    made = attached(method("prefix", hidden=hidden), model)
    train(made, 2)
    config = PrefixTuningConfig(
        task_type="CAUSAL_LM", num_virtual_tokens=TOKENS,
        prefix_projection=hidden > 0, encoder_hidden_size=hidden or None,
    )  # fmt: skip
    oracle: Any = get_peft_model(plain(model).model, config)
    encoder = made.model.prefixes.encoder
    oracle.prompt_encoder["default"].load_state_dict(encoder.state_dict())
    positions = torch.arange(TOKENS, TOKENS + IDS.shape[1])[None]
    with torch.no_grad():
        expected = oracle(input_ids=IDS).logits
        ours = made.model(input_ids=IDS, position_ids=positions).logits
        assert not torch.allclose(ours, plain(model).model(input_ids=IDS).logits, atol=1e-3)
    torch.testing.assert_close(ours, expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("padding", ["none", "left", "right"])
@pytest.mark.parametrize("model", ["tiny_gpt2", "tiny_llama", "tiny_roberta"])
def test_a_hidden_prefix_leaves_the_base_model(
    model: str, padding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every query's view of it closed, the base logits; with it open, others."""
    made = attached(method("prefix"), model)
    mask = None
    if padding != "none":
        mask = torch.ones_like(IDS)
        mask[0, slice(3) if padding == "left" else slice(-3, None)] = 0
    real = slice(None) if mask is None or model == "tiny_roberta" else mask.bool()
    bare = plain(model).model
    extended = prefixed.extended

    def hidden(given: Any, prefix: int, queries: int, keys: int, **others: Any) -> torch.Tensor:
        found = extended(given, prefix, queries, keys, **others)
        if found is None:
            found = torch.ones(queries, prefix + keys, dtype=torch.bool)
        assert found.dtype == torch.bool
        found[..., :prefix] = False
        return found

    with torch.no_grad():
        start = bare(input_ids=IDS, attention_mask=mask).logits
        seen = made.model(input_ids=IDS, attention_mask=mask).logits
        monkeypatch.setattr(prefixed, "extended", hidden)
        closed = made.model(input_ids=IDS, attention_mask=mask).logits
    assert not torch.allclose(seen[real], start[real], atol=1e-4)
    torch.testing.assert_close(closed[real], start[real], atol=1e-6, rtol=1e-5)


def test_padding_changes_nothing_for_real_tokens() -> None:
    """A line padded on the left gives the logits that it gives alone."""
    made = attached(method("prefix"), "tiny_llama")
    mask = torch.ones_like(IDS)
    mask[0, :4] = 0
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    with torch.no_grad():
        padded = made.model(input_ids=IDS, attention_mask=mask, position_ids=positions).logits
        alone = made.model(input_ids=IDS[:1, 4:]).logits
    torch.testing.assert_close(padded[:1, 4:], alone, atol=1e-6, rtol=1e-5)


def test_additive_masks_are_extended_too() -> None:
    """An additive mask of minus infinity above the diagonal is the causal one."""
    made = attached(method("prefix"), "tiny_gpt2")
    mask = torch.full((1, 1, 12, 12), float("-inf")).triu(1)
    with torch.no_grad():
        given = made.model(input_ids=IDS, attention_mask=mask).logits
        torch.testing.assert_close(given, logits(made), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("family", ["gemma", "bert"])
def test_a_model_of_the_same_configuration_keeps_its_attention(family: str) -> None:
    """Two models of one configuration object: the prefix is in one of them."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    heads = {"num_key_value_heads": 1, "head_dim": 16} if family == "gemma" else {}
    config = AutoConfig.for_model(
        family, vocab_size=260, hidden_size=48, intermediate_size=96, num_hidden_layers=2,
        num_attention_heads=4, pad_token_id=0, **heads,
    )  # fmt: skip
    kind: Any = AutoModelForSequenceClassification
    one, two = (kind.from_config(config).eval() for _ in range(2))
    two.load_state_dict(one.state_dict())
    with torch.no_grad():
        start = one(input_ids=IDS).logits
        attach(one, method("prefix"), seed=0)
        assert torch.equal(two(input_ids=IDS).logits, start)
        assert not torch.allclose(one(input_ids=IDS).logits, start, atol=1e-4)


def test_count_of_keys_and_values() -> None:
    """Without the MLP n · 2 · blocks · width; grouped heads have narrower keys."""
    linears = {"query": (4096, 4096), "key": (1024, 4096), "value": (1024, 4096)}
    shape = Shape(blocks=32, width=4096, linears=linears)  # type: ignore[arg-type]
    assert Prefix(tokens=10).count(shape, ()) == 10 * 2 * 32 * 1024


@pytest.mark.parametrize("hidden", [0, 32])
def test_start_of_zeros_is_seen_all_the_same(hidden: int) -> None:
    """PEFT's zero start: values of zero, keys of zero, and yet not the base model."""
    made = attached(method("prefix", start="zero", hidden=hidden), "tiny_gpt2")
    with torch.no_grad():
        assert not made.model.prefixes().any()
        start = plain("tiny_gpt2").model(input_ids=IDS).logits
        assert not torch.allclose(logits(made), start, atol=1e-6)
