"""Rates and differences from what was measured: pure functions. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

FLOPS_PER_VALUE = 4
"""Operations for a value that is multiplied with and a token, where the base is frozen: 2 forward,
2 for the gradient of the activations. The gradient of the weights, 2 more, is not computed."""


def tokens_per_second(tokens: int, seconds: Sequence[float]) -> float:
    """Median rate of passes over batches of `tokens` real tokens."""
    return tokens / statistics.median(seconds)


def step_ms(steps: int, seconds: Sequence[float]) -> float:
    """Median time of a step, in milliseconds, of passes of `steps` steps."""
    return 1000 * statistics.median(seconds) / steps


def utilisation(values: int, rate: float, peak: float) -> float:
    """Part of the device's peak that a model with `values` to multiply uses at `rate` tokens/s.

    `peak` is in operations a second. Padding is no work, nor are the adapters' own products.
    """
    return FLOPS_PER_VALUE * values * rate / peak


def differences(found: Sequence[float], expected: Sequence[float]) -> list[float]:
    """Relative difference of each loss; infinite where one of the two is not a finite number."""
    return [_difference(one, other) for one, other in zip(found, expected, strict=True)]


def _difference(found: float, expected: float) -> float:
    if found == expected:
        return 0.0
    apart = abs(found - expected) / max(abs(expected), abs(found))
    return apart if apart == apart else float("inf")  # noqa: PLR0124  (NaN alone is not itself)
