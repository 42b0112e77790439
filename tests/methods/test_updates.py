"""Each update against its paper's equation, on plain matrices."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import nn

from bench.attach.linear import AdaptedLinear, Frozen
from bench.methods.base import Update
from bench.methods.complete import Complete
from bench.methods.lora import Lora
from bench.methods.lorma import LormaPlus
from bench.methods.lorma_pi import LormaPi
from bench.models.dense import dense_weight
from bench.tensors.inflate import rotate_rows

OUT, IN, RANK = 12, 20, 3

UPDATES = {
    "lora": Lora(rank=RANK, alpha=8.0),
    "lorma_plus pre": LormaPlus(rank=RANK, alpha=8.0, order="pre"),
    "lorma_plus post": LormaPlus(rank=RANK, alpha=8.0, order="post"),
    "lorma_plus zero A": LormaPlus(rank=RANK, alpha=8.0, zero="A"),
    "lorma_pi pre": LormaPi(rank=RANK, alpha=8.0, order="pre"),
    "lorma_pi post": LormaPi(rank=RANK, alpha=8.0, order="post"),
    "lorma_pi fft": LormaPi(rank=RANK, alpha=8.0, form="fft"),
    "lorma_pi unscaled": LormaPi(rank=RANK, alpha=8.0, scaled=False),
    "complete pre": Complete(order="pre"),
    "complete post": Complete(order="post"),
}
"""alpha ≠ rank, so that a missing or doubled scaling shows."""


def adapted(update: Update, *, moved: bool = True, bias: bool = True) -> AdaptedLinear:
    """An adapted random map; `moved` away from its start as if it had been trained."""
    generator = torch.Generator().manual_seed(0)
    base = nn.Linear(IN, OUT, bias=bias)
    with torch.no_grad():
        for tensor in base.parameters():
            tensor.copy_(IN**-0.5 * torch.randn(tensor.shape, generator=generator))
    layer = AdaptedLinear(base, update, generator).requires_grad_(False)
    if moved:
        for tensor in layer.adapter.values():
            tensor.add_(0.1 * torch.randn(tensor.shape, generator=generator))
    return layer


def rotated_right(M: torch.Tensor) -> torch.Tensor:
    """LoRMA's definition of I_pi, row by row: row p is rotated to the right by p places."""
    return torch.stack([torch.roll(row, p) for p, row in enumerate(M)])


@pytest.mark.parametrize("name", UPDATES)
def test_start_is_the_base_map(name: str) -> None:
    """Identity at the start: the adapted map is the frozen one to 1e-6."""
    layer = adapted(UPDATES[name], moved=False)
    x = torch.randn(5, IN)
    torch.testing.assert_close(layer(x), layer.base(x), atol=1e-6, rtol=0)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", UPDATES)
def test_merged_weight_reproduces_the_forward_pass(name: str, bias: bool) -> None:
    """The plain map after merging computes the same, with and without a bias."""
    layer = adapted(UPDATES[name], bias=bias)
    x = torch.randn(2, 5, IN)
    assert not torch.allclose(layer(x), layer.base(x), atol=1e-3)
    torch.testing.assert_close(layer.merge()(x), layer(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["lora", "lorma_plus pre", "lorma_plus post"])
def test_start_of_a(name: str) -> None:
    """A is uniform on ±1/√fan_in (`nn.Linear`'s start), B zero."""
    layer = adapted(UPDATES[name], moved=False)
    A, B = layer.adapter["A"], layer.adapter["B"]
    bound = A.shape[1] ** -0.5
    assert 0.9 * bound < A.abs().max() <= bound
    assert torch.count_nonzero(B) == 0


def test_gaussian_start_of_lora() -> None:
    """HF PEFT's reading of the paper: A is normal with standard deviation 1 / r."""
    update = Lora(rank=4, alpha=8.0, start="gaussian")
    t = update.tensors(torch.empty(64, 4096), torch.Generator().manual_seed(0))
    assert t["A"].std() == pytest.approx(1 / 4, rel=0.02)
    assert t["A"].abs().max() > 3 / 4
    assert torch.count_nonzero(t["B"]) == 0


@pytest.mark.parametrize("name", UPDATES)
def test_count_is_the_closed_form(name: str) -> None:
    """`count` states the number of trained values."""
    update = UPDATES[name]
    layer = adapted(update)
    assert update.count(OUT, IN) == sum(tensor.numel() for tensor in layer.adapter.values())


@pytest.mark.parametrize("name", UPDATES)
def test_every_tensor_learns_within_two_steps(name: str) -> None:
    """Both factors get a gradient that is not zero, at the latest after one step."""
    layer = adapted(UPDATES[name], moved=False).requires_grad_(True)
    layer.base.requires_grad_(False)
    optimizer = torch.optim.SGD(layer.adapter.parameters(), lr=0.1)
    reached = dict.fromkeys(layer.adapter.keys(), False)
    for _ in range(2):
        layer(torch.randn(4, IN)).square().sum().backward()
        for key, tensor in layer.adapter.items():
            reached[key] |= bool(tensor.grad is not None and tensor.grad.abs().sum() > 0)
        optimizer.step()
        optimizer.zero_grad()
    assert all(reached.values())


def test_lora_equation() -> None:
    """LoRA, equation 3: W + (alpha / r) B A."""
    layer = adapted(UPDATES["lora"])
    A, B = layer.adapter["A"], layer.adapter["B"]
    expected = dense_weight(layer.base) + 8.0 / RANK * B @ A
    torch.testing.assert_close(layer.merge().weight, expected)


def test_lorma_plus_pre_is_lora_with_a_projected_through_the_weight() -> None:
    """(I + s·B A) W = W + s·B (A W): the same B and s, and down-projection A W."""
    layer = adapted(UPDATES["lorma_plus pre"])
    A, B, W = layer.adapter["A"], layer.adapter["B"], dense_weight(layer.base)
    same = Lora(rank=RANK, alpha=8.0).merged(W, {"A": A @ W, "B": B})
    torch.testing.assert_close(layer.merge().weight, same, atol=1e-6, rtol=1e-5)


def test_lorma_plus_post_is_lora_with_b_projected_through_the_weight() -> None:
    """W (I + s·B A) = W + s·(W B) A."""
    layer = adapted(UPDATES["lorma_plus post"])
    A, B, W = layer.adapter["A"], layer.adapter["B"], dense_weight(layer.base)
    same = Lora(rank=RANK, alpha=8.0).merged(W, {"A": A, "B": W @ B})
    torch.testing.assert_close(layer.merge().weight, same, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("order", ["pre", "post"])
def test_lorma_pi_equation(order: str) -> None:
    """LoRMA, equation 7 with the official scaling: s·I_pi(B A) W, or W s·I_pi(B A)."""
    layer = adapted(UPDATES[f"lorma_pi {order}"])
    A, B, W = layer.adapter["A"], layer.adapter["B"], dense_weight(layer.base)
    T = 8.0 / RANK * rotated_right(B @ A)
    expected = T @ W if order == "pre" else W @ T
    torch.testing.assert_close(layer.merge().weight, expected, atol=1e-5, rtol=1e-5)


def test_rotating_the_other_way_is_not_the_identity() -> None:
    """At the start only rotation to the right puts the ones on the diagonal."""
    update = UPDATES["lorma_pi pre"]
    start = update.tensors(torch.empty(OUT, IN), torch.Generator().manual_seed(0))
    product = 8.0 / RANK * start["B"] @ start["A"]
    left = torch.stack([torch.roll(row, -p) for p, row in enumerate(product)])
    torch.testing.assert_close(rotated_right(product), torch.eye(OUT), atol=1e-6, rtol=0)
    assert not torch.allclose(left, torch.eye(OUT), atol=0.5)


def test_permutation_inflates_the_rank() -> None:
    """A random product of rank 2 at d = 64 becomes a matrix of rank 64."""
    generator = torch.Generator().manual_seed(1)
    B = torch.randn(64, 2, generator=generator, dtype=torch.float64)
    A = torch.randn(2, 64, generator=generator, dtype=torch.float64)
    assert torch.linalg.matrix_rank(B @ A) == 2
    assert torch.linalg.matrix_rank(rotate_rows(B @ A)) == 64


def test_lorma_pi_gradient_at_the_start() -> None:
    """Only the first column of B has a gradient (A's other rows are zero), every row of A has."""
    layer = adapted(UPDATES["lorma_pi pre"], moved=False).requires_grad_(True)
    layer(torch.randn(4, IN)).square().sum().backward()
    B, A = layer.adapter["B"].grad, layer.adapter["A"].grad
    assert B is not None
    assert A is not None
    assert B[:, 0].abs().min() > 0
    assert B[:, 1:].abs().max() == 0
    assert A.abs().sum(1).min() > 0


def test_dropout_leaves_the_frozen_path_alone() -> None:
    """With everything dropped, the map is the base map: only the adapter's input is dropped."""
    for update in UPDATES.values():
        layer = adapted(update)
        x = torch.randn(5, IN)
        tensors = dict(layer.adapter.items())
        y = update.forward(x, Frozen(layer.base), tensors, torch.zeros_like)
        torch.testing.assert_close(y, layer.base(x), atol=1e-6, rtol=0)


@pytest.mark.parametrize("form", ["matrix", "fft"])
def test_bf16_keeps_small_changes_of_lorma_pi(form: Literal["matrix", "fft"]) -> None:
    """Under bf16 a change of 1e-3 in T survives, which 1.001 itself, rounded to bf16, does not."""
    update = LormaPi(rank=1, alpha=1.0, form=form)
    layer = adapted(update, moved=False, bias=False)
    layer.adapter["B"].mul_(1.001)
    z = torch.randn(64, OUT).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        change = update.change(z, dict(layer.adapter.items()))
    torch.testing.assert_close(change.float(), 1e-3 * z.float(), rtol=0.02, atol=1e-6)
    assert torch.tensor(1.001).bfloat16() == 1
