"""Gradients that are the same but for roundings, and others."""

from __future__ import annotations

import pytest
import torch

from bench.training.agreement import disagreement

PLAIN = [torch.randn(4, 3, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1)]
NOISE = [torch.randn(4, 3, generator=torch.Generator().manual_seed(seed)) for seed in (2, 3)]


def moved(by: float) -> list[torch.Tensor]:
    """The gradients with noise of a size."""
    return [plain + by * noise for plain, noise in zip(PLAIN, NOISE, strict=True)]


@pytest.mark.parametrize(
    ("found", "masked"),
    [
        (PLAIN, False),
        (moved(0.02), False),
        ([plain.bfloat16() for plain in PLAIN], False),
        (moved(0.7), True),
    ],
)
def test_what_agrees(found: list[torch.Tensor], masked: bool) -> None:
    """Roundings, and the masks of dropout."""
    assert disagreement(found, PLAIN, masked=masked) is None


@pytest.mark.parametrize(
    ("found", "masked"),
    [
        (moved(0.7), False),
        ([0.01 * plain for plain in PLAIN], True),
        ([0 * plain for plain in PLAIN], False),
        ([torch.full_like(plain, torch.nan) for plain in PLAIN], True),
        (NOISE, True),
    ],
)
def test_what_does_not(found: list[torch.Tensor], masked: bool) -> None:
    """Another direction, another length, nothing at all, no numbers."""
    reason = disagreement(found, PLAIN, masked=masked)
    assert reason is not None
    assert "cosine" in reason


def test_where_nothing_is_to_be_learnt_anything_agrees() -> None:
    """Gradients of zero have no direction."""
    zero = [torch.zeros(2, 2)]
    assert disagreement(zero, zero, masked=False) is None
