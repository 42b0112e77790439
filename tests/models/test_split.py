"""GPT-2 with separate projections computes what transformers' GPT-2 computes."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.pytorch_utils import Conv1D

from bench.models.parts import linears
from bench.models.split import (
    SplitAttention,
    side_by_side,
    sliced,
    split_projections,
    tied_projections,
)


@pytest.fixture
def pair():
    """An untouched model, and a copy that was split."""
    torch.manual_seed(0)
    config = GPT2Config(
        n_layer=3, n_embd=64, n_head=4, vocab_size=101, initializer_range=0.1, eos_token_id=100
    )
    plain = GPT2LMHeadModel(config).eval()
    # Biases start at zero, where a mistake with them would not show.
    for name, parameter in plain.named_parameters():
        if name.endswith("bias"):
            parameter.data.normal_(std=0.1)
    split = deepcopy(plain)
    split_projections(split)
    return plain, split


@pytest.fixture
def ids():
    return torch.randint(0, 100, (3, 17), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_logits_are_those_of_the_fused_model(pair, ids, dtype, tolerance):
    plain, split = (model.to(dtype) for model in pair)
    mask = torch.ones_like(ids)
    mask[0, :5] = 0
    with torch.no_grad():
        expected = plain(ids, attention_mask=mask).logits
        found = split(ids, attention_mask=mask).logits
    assert expected.std() > 0.5
    torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("beams", [1, 4])
def test_generation_with_cache_is_that_of_the_fused_model(pair, ids, beams):
    plain, split = (model.double() for model in pair)
    options = {
        "attention_mask": torch.ones_like(ids),
        "max_new_tokens": 12,
        "num_beams": beams,
        "do_sample": False,
        "pad_token_id": 100,
        "return_dict_in_generate": True,
        "output_scores": True,
    }
    expected, found = plain.generate(ids, **options), split.generate(ids, **options)
    assert torch.equal(found.sequences, expected.sequences)
    assert found.past_key_values is not None
    for a, b in zip(found.scores, expected.scores, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_parts_are_the_columns_of_the_fused_weight(pair):
    """Columns are ordered query, key, value: a wrong order keeps all shapes."""
    plain, split = pair
    for place in linears(split, ("query", "key", "value")):
        fused = plain.transformer.h[place.block].attn.c_attn
        start = 64 * ("query", "key", "value").index(place.part)
        assert torch.equal(place.linear.weight, fused.weight[:, start : start + 64].T)
        assert torch.equal(place.linear.bias, fused.bias[start : start + 64])


def test_a_changed_query_leaves_key_and_value_alone(pair, ids):
    _, split = pair
    attention = split.transformer.h[0].attn.c_attn
    x = torch.randn(2, 5, 64, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        before = attention(x)
        attention.query.weight.add_(1.0)
        after = attention(x)
    assert torch.equal(before[..., 64:], after[..., 64:])
    assert not torch.equal(before[..., :64], after[..., :64])


def test_every_value_is_kept_once_and_no_storage_is_shared(pair):
    plain, split = pair
    assert sum(p.numel() for p in split.parameters()) == sum(p.numel() for p in plain.parameters())
    assert not any(isinstance(module, Conv1D) for module in split.modules())
    assert split.lm_head.weight is split.transformer.wte.weight
    storages = [p.untyped_storage() for p in split.parameters()]
    assert len({s.data_ptr() for s in storages}) == len(storages)
    assert all(
        s.nbytes() == p.numel() * p.element_size()
        for s, p in zip(storages, split.parameters(), strict=True)
    )
    assert all(p.is_contiguous() for p in split.parameters())


def test_state_names_are_the_documented_ones(pair):
    _, split = pair
    names = {n for n in split.state_dict() if n.startswith("transformer.h.2.")}
    attention = "transformer.h.2.attn"
    assert {
        f"{attention}.c_attn.{p}.{t}" for p in ("query", "key", "value") for t in ("weight", "bias")
    } <= names
    assert f"{attention}.c_attn.weight" not in names
    assert {f"{attention}.c_proj.weight", "transformer.h.2.mlp.c_fc.weight"} <= names


def test_weights_are_tied_where_they_are(pair, ids):
    """Moved together once; afterwards, and for whoever shares them, they stay."""
    _, split = pair
    split.requires_grad_(False)
    with torch.no_grad():
        expected = split(ids).logits
    with tied_projections(split):
        pass
    places = [p.data_ptr() for p in split.parameters()]
    twin = deepcopy(split, {id(p): p for p in split.parameters()})
    with tied_projections(twin), tied_projections(split), torch.no_grad():
        first, second = (
            next(m.tied for m in model.modules() if isinstance(m, SplitAttention))
            for model in (twin, split)
        )
        assert first.data_ptr() == second.data_ptr()
        assert torch.equal(split(ids).logits, expected)
    assert [p.data_ptr() for p in split.parameters()] == places


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_parts_and_their_gradients_are_those_of_cat_and_chunk(dtype):
    """To the digit: the sums add zeros alone."""
    x = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(2)).to(dtype)
    x.requires_grad_()
    weights = [1.5, -2.0, 3.0]
    ours = side_by_side([y * w for y, w in zip(sliced(x, 3), weights, strict=True)])
    torchs = torch.cat([y * w for y, w in zip(x.chunk(3, dim=-1), weights, strict=True)], dim=-1)
    assert torch.equal(ours, torchs)
    given = torch.randn(ours.shape, generator=torch.Generator().manual_seed(3)).to(dtype)
    assert torch.equal(*(torch.autograd.grad(y, x, given)[0] for y in (ours, torchs)))
