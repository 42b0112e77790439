"""Operations against torch's own counter, closed forms, and what must not be missed."""

from __future__ import annotations

import math

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.analysis.operations import count_operations


def test_products_are_half_of_what_torch_counts() -> None:
    """A (5, 3) by (3, 7) and a batch of them; torch counts multiplications and additions."""
    a, b = torch.zeros(5, 3), torch.zeros(3, 7)
    batched = torch.zeros(2, 5, 3)

    def compute() -> None:
        assert (a @ b).shape == (5, 7)
        assert torch.bmm(batched, b.expand(2, 3, 7)).shape == (2, 5, 7)

    with FlopCounterMode(display=False) as counter:
        compute()
    found = count_operations(compute)
    assert (found.products, found.elementwise, found.transforms) == (3 * 105, 0, 0)
    assert counter.get_total_flops() == 2 * found.products


def test_every_single_operation_counts_once() -> None:
    """Sums, differences and products of 12 values, in place and not, and of a number with them."""
    x, y = torch.zeros(3, 4), torch.zeros(4)
    found = count_operations(lambda: ((x + y) * 2.0 - x).add_(1.0).mul_(y))
    assert (found.products, found.elementwise) == (0, 5 * 12)


def test_a_sum_takes_one_operation_less_than_it_has_terms() -> None:
    """Over 4 of 3 × 4 values: 3 sums of 3 additions."""
    x = torch.zeros(3, 4)
    assert count_operations(lambda: x.sum(-1)).elementwise == 9


def test_moving_values_is_free() -> None:
    """Views, copies and rearranging compute nothing."""
    x = torch.zeros(3, 4)
    moved = count_operations(lambda: torch.cat((x, x)).flatten()[3:].clone().view(7, 3).mT)
    assert moved.total == 0


def test_fourier_transforms_have_fftws_count() -> None:
    """Of 3 rows of 16 real numbers and back: 2.5 n log2(n) each; a complex product is four."""
    n = 16
    x = torch.zeros(3, n)

    def compute() -> None:
        spectra = torch.fft.rfft(x)
        torch.fft.irfft(spectra * spectra.conj(), n=n)

    found = count_operations(compute)
    assert found.transforms == 2 * 3 * 2.5 * n * math.log2(n)
    assert found.elementwise == 4 * 3 * (n // 2 + 1)


def test_arithmetic_that_is_not_known_is_refused() -> None:
    """An exponential would otherwise be free."""
    x = torch.zeros(3)
    with pytest.raises(NotImplementedError, match=r"aten\.exp\.default"):
        count_operations(x.exp)
