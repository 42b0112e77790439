"""PRoLoRA against LoRA, the paper's figure 1 and the official code's rotation."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from bench.methods.lora import Lora
from bench.methods.prolora import Prolora
from tests.methods.every import settings


def drawn(update: Prolora, o: int, i: int) -> dict[str, Tensor]:
    """Tensors as if they had been trained."""
    generator = torch.Generator().manual_seed(0)
    start = update.tensors(torch.empty(o, i), generator)
    return {name: torch.randn(t.shape, generator=generator) for name, t in start.items()}


def difference(update: Prolora, o: int, i: int, t: Mapping[str, Tensor]) -> Tensor:
    """W' − W."""
    return update.merged(torch.zeros(o, i), t)


@pytest.mark.parametrize(("unshared", "chunks"), [(4, 3), (0, 1), (1, 1)])
def test_without_sharing_it_is_lora(unshared: int, chunks: int) -> None:
    """u = r, or m = n = 1: LoRA's equation on the components put side by side, and its start."""
    update = Prolora(rank=4, alpha=6, unshared=unshared, chunks_in=chunks, chunks_out=chunks)
    t = drawn(update, 10, 14)
    A = torch.cat([t[name] for name in ("A", "A0") if name in t])
    B = torch.cat([t[name] for name in ("B", "B0") if name in t], dim=1)
    same = Lora(rank=4, alpha=6)
    expected = same.merged(torch.zeros(10, 14), {"A": A, "B": B})
    torch.testing.assert_close(difference(update, 10, 14, t), expected)
    assert update.count(10, 14) == same.count(10, 14)
    if unshared in {0, 4}:
        ours, theirs = (
            u.tensors(torch.empty(10, 14), torch.Generator().manual_seed(3)) for u in (update, same)
        )
        assert torch.equal(ours["A" if unshared else "A0"], theirs["A"])


@pytest.mark.parametrize(
    ("unshared", "figure"),
    [(0, [[0, 2], [-1, 1], [-2, 0]]), (1, [[0, 1], [-1, 0], [-2, -1]])],
    ids=["RoLoRA", "PRoLoRA"],
)
def test_blocks_of_figure_1(unshared: int, figure: list[list[int]]) -> None:
    """r = 4, m = 2, n = 3: blocks are equal exactly where the printed displacements are.

    Displacements count modulo the shared rank. Strides of ⌊r / m⌋ in place of ⌊(r − u) / m⌋
    would give other numbers with u = 1.
    """
    update = Prolora(rank=4, alpha=4, unshared=unshared, chunks_in=2, chunks_out=3)
    t = drawn(update, 9, 10)
    if unshared:
        t["B"].zero_()
    change = difference(update, 9, 10, t)
    blocks = [
        (number % update.shared, change[3 * p : 3 * p + 3, 5 * q : 5 * q + 5])
        for p, row in enumerate(figure)
        for q, number in enumerate(row)
    ]
    for number, block in blocks:
        for other_number, other in blocks:
            assert torch.allclose(block, other, atol=1e-5) == (number == other_number)


def test_rotation_of_the_official_code() -> None:
    """Component k of chunk c is (k + c·stride) mod (r − u) there: the same up to names.

    Forence1999/PRoLoRA, modules/chunkwise_sharing_LoRA.py. 14 is no multiple of 4, nor 10 of
    3: the last chunks are cut, as there.
    """
    update = Prolora(rank=7, alpha=7, unshared=2, chunks_in=4, chunks_out=3)
    t = drawn(update, 10, 14)
    shared = 5
    A, B = torch.zeros(shared, 14), torch.zeros(10, shared)
    mirrored = [-k % shared for k in range(shared)]
    for k in range(shared):
        for column in range(14):
            c, place = divmod(column, 4)
            A[k, column] = t["A0"][mirrored[(k + c * 1) % shared], place]
        for row in range(10):
            c, place = divmod(row, 4)
            B[row, k] = t["B0"][place, mirrored[(k + c * 1) % shared]]
    expected = t["B"] @ t["A"] + B @ A
    torch.testing.assert_close(difference(update, 10, 14, t), expected, atol=1e-5, rtol=0)
    assert update.count(10, 14) == sum(x.numel() for x in t.values()) == 2 * 24 + 5 * (4 + 4)


def test_rectified_start() -> None:
    """A0 fills ±1/√i of the whole row, not ±1/√(i / m); B0 is zero."""
    update = Prolora(rank=8, alpha=8, unshared=0, chunks_in=4, chunks_out=4)
    t = update.tensors(torch.empty(64, 400), torch.Generator().manual_seed(0))
    assert 0.99 / 20 < t["A0"].abs().max() <= 1 / 20
    assert not t["B0"].any()


def test_file_has_the_budget_of_lora() -> None:
    """The method's file trains as many values as LoRA's file on GPT-2 medium: 393,216."""
    values = settings("prolora")
    names = ("rank", "alpha", "unshared", "chunks_in", "chunks_out")
    update = Prolora(**{name: values[name] for name in names})
    assert 24 * 2 * update.count(1024, 1024) == 393_216


def test_more_unshared_than_there_are() -> None:
    """Refused with both numbers."""
    with pytest.raises(ValueError, match="unshared=5: must be at most rank=4"):
        Prolora(rank=4, alpha=4, unshared=5, chunks_in=2, chunks_out=2)
