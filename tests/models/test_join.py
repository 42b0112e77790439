"""Joining undoes splitting, bit for bit, and transformers reads what is saved."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel
from transformers.pytorch_utils import Conv1D

from bench.errors import ModelError
from bench.models.join import join_projections
from bench.models.split import split_projections


@pytest.fixture
def plain():
    """transformers' GPT-2 with biases that are not zero."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(n_layer=2, n_embd=32, n_head=4, vocab_size=101)).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.data.normal_(std=0.1)
    return model


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_split_and_join_give_back_every_bit(plain, dtype):
    """Names, shapes, precision and values are those of the untouched model."""
    plain = plain.to(dtype)
    joined = deepcopy(plain)
    split_projections(joined)
    join_projections(joined)
    expected, found = plain.state_dict(), joined.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert all(found[name].dtype == dtype for name in found)
    assert all(p.is_contiguous() for p in joined.parameters())
    assert sum(isinstance(m, Conv1D) for m in joined.modules()) == 8


def test_a_changed_value_ends_in_its_own_columns(plain, tmp_path):
    """What was added to the value alone is in the last third of c_attn, after a round trip."""
    split = deepcopy(plain)
    split_projections(split)
    split.transformer.h[1].attn.c_attn.value.weight.data += 1.0
    split.transformer.h[0].mlp.c_fc.weight.data[5] += 2.0
    join_projections(split)
    split.save_pretrained(tmp_path)
    read = AutoModelForCausalLM.from_pretrained(tmp_path)
    change = read.transformer.h[1].attn.c_attn.weight - plain.transformer.h[1].attn.c_attn.weight
    assert torch.equal(change[:, :64], torch.zeros(32, 64))
    torch.testing.assert_close(change[:, 64:], torch.ones(32, 32))
    change = read.transformer.h[0].mlp.c_fc.weight - plain.transformer.h[0].mlp.c_fc.weight
    assert change.nonzero()[:, 1].unique().tolist() == [5]


def test_what_is_still_adapted_is_refused(plain):
    """A map that is no plain linear map would lose what was trained."""
    split_projections(plain)
    plain.transformer.h[0].attn.c_attn.key = torch.nn.Identity()
    with pytest.raises(ModelError, match=r"c_attn\.key: a Identity cannot be joined"):
        join_projections(plain)
