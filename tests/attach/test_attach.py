"""Methods on whole models: what trains, what stays frozen, counting, saving, merging."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from bench.attach.attach import Attached, attach
from bench.errors import ModelError
from bench.methods.compose import MethodConfig, method_from
from bench.models.parts import linears
from bench.registry import updates

METHODS = [
    ("lora", {}),
    ("lorma_plus", {"order": "pre"}),
    ("lorma_plus", {"order": "post"}),
    ("lorma_pi", {"order": "pre"}),
    ("lorma_pi", {"order": "post"}),
]
CAUSAL = ["tiny_gpt2", "tiny_llama"]
IDS = torch.arange(24).reshape(2, 12) + 40


def method(name: str, **options: Any) -> MethodConfig:
    """A method on query and value."""
    settings = {"name": name, "update": name, "parts": ["query", "value"], "rank": 2, "alpha": 8.0}
    return method_from({**settings, "optimizer": {"lr": 0.01}, **options})


def full() -> MethodConfig:
    """Full fine-tuning."""
    return method_from(
        {"name": "ft", "select": "everything", "parts": [], "optimizer": {"lr": 0.01}}
    )


def train(attached: Attached, steps: int = 3) -> list[float]:
    """A few steps of AdamW on one batch; the losses."""
    optimizer = torch.optim.AdamW(attached.trained().values(), lr=0.01)
    losses = []
    for _ in range(steps):
        loss = attached.model(input_ids=IDS, labels=IDS).loss
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
        optimizer.zero_grad()
    return losses


@pytest.mark.parametrize("model", CAUSAL)
@pytest.mark.parametrize(("name", "options"), METHODS)
def test_life_of_an_adapter(
    name: str, options: dict[str, Any], model: str, tiny_model: Callable[..., Any]
) -> None:
    """Identity at the start, learning, frozen base, saving and merging, on both architectures."""
    plain = tiny_model(model).model
    before = plain(input_ids=IDS).logits
    attached = attach(tiny_model(model).model, method(name, **options), seed=0)
    attached.model.eval()
    torch.testing.assert_close(attached.model(input_ids=IDS).logits, before, atol=1e-6, rtol=0)

    losses = train(attached, steps=8)
    assert losses[-1] < losses[0]
    frozen = {n: p for n, p in attached.model.named_parameters() if not p.requires_grad}
    for key, value in plain.named_parameters():
        stem, _, leaf = key.rpartition(".")
        now = frozen.get(f"{stem}.base.{leaf}", frozen.get(key))
        assert now is not None, key
        assert torch.equal(now, value), key

    trained = attached.model(input_ids=IDS).logits
    assert not torch.allclose(trained, before, atol=1e-3)
    again = attach(tiny_model(model).model, method(name, **options), seed=1)
    again.load_state(attached.state())
    assert torch.equal(again.model(input_ids=IDS).logits, trained)
    assert again.merge() is None
    torch.testing.assert_close(again.model(input_ids=IDS).logits, trained, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("model", CAUSAL)
@pytest.mark.parametrize(("name", "options"), METHODS)
def test_count_is_the_sum_of_closed_forms(
    name: str, options: dict[str, Any], model: str, tiny_model: Callable[..., Any]
) -> None:
    """What trains is what the closed form says, over all adapted maps, and nothing else."""
    composed = method(name, **options)
    assert composed.update is not None
    shapes = [
        (linear.out_features, linear.in_features)
        for *_, linear in linears(tiny_model(model).model, composed.parts)
    ]
    counts = attach(tiny_model(model).model, composed, seed=0).counts()
    assert counts["adapter"] == sum(composed.update.count(o, i) for o, i in shapes)
    assert counts["trained"] == counts["adapter"]
    assert counts["head"] == 0


def test_key_is_untouched_on_gpt2(tiny_model: Callable[..., Any]) -> None:
    """Adapting query and value leaves the key slice of the fused projection as it was."""
    attached = attach(tiny_model("tiny_gpt2").model, method("lora"), seed=0)
    train(attached)
    attached.merge()
    plain = dict(linears_by_name(tiny_model("tiny_gpt2").model))
    for name, weight in linears_by_name(attached.model):
        assert torch.equal(weight, plain[name]) == (".query" not in name and ".value" not in name)


def linears_by_name(model: Any) -> list[tuple[str, torch.Tensor]]:
    """Weights of the attention projections, by a name that ends in the part."""
    parts = ("query", "key", "value", "output")
    return [
        (f"{block}.{part}", linear.weight) for block, part, _, _, linear in linears(model, parts)
    ]


def test_full_fine_tuning_trains_every_tensor(tiny_model: Callable[..., Any]) -> None:
    """With method=ft every tensor of the model trains and moves."""
    model = tiny_model("tiny_llama").model
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    attached = attach(model, full(), seed=0)
    assert attached.trained().keys() == before.keys()
    train(attached)
    assert not any(torch.equal(p, before[name]) for name, p in attached.trained().items())


def test_published_counts_of_gpt2_medium() -> None:
    """393,216 trained values on query and value of 24 blocks at rank 4 (LoRMA, Table 3)."""
    for name in ("lora", "lorma_plus", "lorma_pi"):
        update = updates()[name](rank=4, alpha=32.0)  # type: ignore[call-arg]
        assert 24 * 2 * update.count(1024, 1024) == 393_216


def test_lora_equals_peft(tiny_model: Callable[..., Any]) -> None:
    """The same A and B in HF PEFT's LoRA give the same logits to 1e-5."""
    peft = pytest.importorskip("peft")
    attached = attach(tiny_model("tiny_llama").model, method("lora"), seed=0)
    train(attached)
    config = peft.LoraConfig(r=2, lora_alpha=8, target_modules=["q_proj", "v_proj"])
    other = peft.get_peft_model(tiny_model("tiny_llama").model, config)
    ours = attached.state()
    with torch.no_grad():
        for name, parameter in other.named_parameters():
            if "lora_" in name:
                path = name.removeprefix("base_model.model.").split(".lora_")[0]
                parameter.copy_(ours[f"{path}.adapter.{'A' if 'lora_A' in name else 'B'}"])
    expected = other(input_ids=IDS).logits
    torch.testing.assert_close(attached.model(input_ids=IDS).logits, expected, atol=1e-5, rtol=1e-5)


def test_same_seed_same_start(tiny_model: Callable[..., Any]) -> None:
    """The start depends on the seed alone, not on what was drawn before."""
    first = attach(tiny_model().model, method("lora"), seed=3).state()
    torch.randn(100)
    second = attach(tiny_model().model, method("lora"), seed=3).state()
    other = attach(tiny_model().model, method("lora"), seed=4).state()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_foreign_adapter_is_refused(tiny_model: Callable[..., Any]) -> None:
    """Tensors of another rank or of another method do not load, and the message says which."""
    attached = attach(tiny_model().model, method("lora"), seed=0)
    wider = attach(tiny_model().model, method("lora", rank=4), seed=0)
    with pytest.raises(ModelError, match=r"has shape .* the model needs"):
        attached.load_state(wider.state())
    with pytest.raises(ModelError, match="do not fit this model"):
        attached.load_state({"x": torch.zeros(1)})


def test_decay_can_leave_the_adapter_alone(tiny_model: Callable[..., Any]) -> None:
    """decay_adapter=false puts LoRMA's tensors into a group without weight decay."""
    from bench.training.optimizers import build_optimizer

    for decays in (True, False):
        composed = method("lorma_pi", decay_adapter=decays)
        attached = attach(tiny_model().model, composed, seed=0)
        groups = build_optimizer(composed.optimizer, attached).param_groups
        assert [group["weight_decay"] > 0 for group in groups] == [decays]
