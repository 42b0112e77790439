"""The seam to HF PEFT against models that PEFT itself builds."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoHaConfig, PeftConfig, VeraConfig, get_peft_model
from torch import nn

from bench.attach.attach import Attached, attach
from bench.errors import ConfigError, NotLowRankError
from bench.export.allowed import check_kind
from bench.methods.peft import PeftTuner, Vera
from bench.models.heads import CausalHead
from bench.models.load import load
from bench.models.parts import linears
from bench.models.shape import shape_of
from tests.methods.every import IDS, _config, attached, logits, method, plain


class LoHa(PeftTuner):
    """What another tuner needs."""

    source = "Hyeon-Woo et al. 2021, arXiv 2108.06098"

    def peft_config(self, targets: list[str], seed: int) -> PeftConfig:
        """Two low-rank products, multiplied entry by entry."""
        return LoHaConfig(r=self.rank, alpha=self.rank, target_modules=targets)

    def values(self, o: int, i: int) -> int:
        """Four factors."""
        return 2 * self.rank * (o + i)


def moved(model: nn.Module) -> None:
    """Set what trains to values that do not depend on how it is named or ordered."""
    for p in model.parameters():
        if p.requires_grad:
            p.data = torch.linspace(-1, 1, p.numel()).reshape(p.shape)


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("tiny_gpt2", ["query", "value"]),
        ("tiny_llama", ["q_proj", "v_proj"]),
        ("tiny_roberta", ["query", "value"]),
    ],
)
def test_vera_is_pefts(model: str, names: list[str]) -> None:
    """A model that PEFT wraps, with the same seed and the same b and d, has the same logits."""
    made = attached(method("vera", rank=32), model)
    seed = int(torch.randint(2**31, (), generator=_generator()))
    config = VeraConfig(r=32, target_modules=names, d_initial=0.1, projection_prng_key=seed)
    theirs = get_peft_model(plain(model).model, config)
    for name in made.head:
        made.model.get_parameter(name).requires_grad_(False)
    with torch.no_grad():
        start = logits(made)
        for wrapped in (made.model, theirs):
            moved(wrapped)
        expected = theirs(input_ids=IDS).logits
        torch.testing.assert_close(logits(made), expected, atol=1e-5, rtol=0)
    assert (start - expected).abs().max() > 1e-4


def _generator() -> torch.Generator:
    """The stream that seed 0 gives a method."""
    from bench.seeds import derive

    return torch.Generator().manual_seed(derive(0, "init"))


def test_vera_shares_one_a_and_b() -> None:
    """All maps hold the same storage; a smaller map (24 x 48) uses the first rows of B."""
    model: Any = attached(method("vera", rank=8), "tiny_llama").model
    layers = [getattr(b.self_attn, n) for b in model.model.layers for n in ("q_proj", "v_proj")]
    for name, shape in {"vera_A": (8, 48), "vera_B": (48, 8)}.items():
        held = [getattr(layer, name)["default"] for layer in layers]
        assert len({t.data_ptr() for t in held}) == 1
        assert held[0].shape == shape
    moved(model)
    value = layers[1]
    A, B = value.vera_A["default"], value.vera_B["default"][:24]
    b, d = value.vera_lambda_b["default"], value.vera_lambda_d["default"]
    x = torch.randn(3, 48)
    expected = torch.diag(b) @ B @ torch.diag(d) @ A @ x.mT
    torch.testing.assert_close(value(x) - value.base_layer(x), expected.mT, atol=1e-5, rtol=0)


def test_another_tuner() -> None:
    """A configuration and a count are enough: PEFT's own chance is the run's, and it merges."""
    tuner, parts = LoHa(rank=3), ("query", "up")
    models = [plain("tiny_llama").model for _ in range(3)]
    names = {n: type(m) for n, m in models[0].named_modules()}
    before = torch.get_rng_state()
    for seed, model in zip((0, 0, 1), models, strict=True):
        model.requires_grad_(requires_grad=False)
        tuner.put_on(model, parts, torch.Generator().manual_seed(seed))
    assert torch.equal(torch.get_rng_state(), before)
    trained = [[p for p in m.parameters() if p.requires_grad] for m in models]
    assert all(torch.equal(a, b) for a, b in zip(trained[0], trained[1], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(trained[0], trained[2], strict=True))
    shape = shape_of(plain("tiny_llama").model)
    assert sum(p.numel() for p in trained[0]) == tuner.count(shape, parts)
    moved(models[0])
    with torch.no_grad():
        expected = models[0](input_ids=IDS).logits
        tuner.merge(models[0])
        torch.testing.assert_close(models[0](input_ids=IDS).logits, expected, atol=1e-5, rtol=0)
    assert {n: type(m) for n, m in models[0].named_modules()} == names
    assert all(type(place.linear) is nn.Linear for place in linears(models[0], parts))


def bf16() -> Attached:
    """VeRA on a base model in bf16."""
    loaded = load(
        _config("tiny_llama"), head=CausalHead(), dtype=torch.bfloat16, device="cpu", seed=0
    )
    return attach(loaded.model, method("vera", rank=8), 0, loaded.head)


def test_adapter_is_fp32_beside_bf16() -> None:
    """Small steps are not lost, with or without autocast."""
    made = bf16()
    assert {p.dtype for p in made.trained().values()} == {torch.float32}
    with torch.no_grad():
        assert logits(made).dtype == torch.bfloat16
        assert made.merge() is None
        assert {p.dtype for p in made.model.parameters()} == {torch.bfloat16}


def tensors_of(model: nn.Module) -> dict[str, torch.Tensor]:
    """Parameters and buffers."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


@pytest.mark.parametrize("tuner", [Vera(rank=8), LoHa(rank=3)], ids=["vera", "loha"])
def test_start_does_not_feel_the_precision_of_the_base(tuner: PeftTuner) -> None:
    """Beside bf16 what PEFT adds is bit for bit that beside fp32; PEFT alone would round it."""
    full, half = plain("tiny_llama").model, plain("tiny_llama").model.bfloat16()
    before = {name: t.clone() for name, t in tensors_of(half).items()}
    found = []
    for model in (full, half):
        tuner.put_on(model, ("query", "value"), torch.Generator().manual_seed(0))
        found.append({n.replace(".base_layer", ""): t for n, t in tensors_of(model).items()})
    added = found[0].keys() - before.keys()
    assert any("vera_B" in name or "hada_w2_b" in name for name in added)
    assert all(torch.equal(found[0][name], found[1][name]) for name in added)
    assert all(torch.equal(found[1][name], value) for name, value in before.items())


def test_weights_in_another_form_are_refused() -> None:
    """PEFT cannot wrap factors that stand in for a weight."""
    composed = method("vera", base={"low_rank": {"rank": 16}})
    with pytest.raises(ConfigError, match=r"leave method\.base out"):
        attached(composed, "tiny_llama")


def test_export() -> None:
    """No LoRA folder is written of a tuner that is none; the line says what to write instead."""
    with pytest.raises(NotLowRankError, match=r"method=vera: is no LoRA: .*; use --to merged"):
        check_kind(method("vera"), "peft")
    check_kind(method("vera"), "merged")
