"""When a training counts as diverged, and what is told of it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bench.errors import DivergedError
from bench.training.divergence import FACTOR, WINDOW, check_loss


def trace(losses: list[float]) -> list[dict[str, float]]:
    """Steps with these losses."""
    return [{"step": k, "lr": 0.1, "loss": loss} for k, loss in enumerate(losses, start=1)]


def checked(losses: list[float], history: list[dict[str, Any]] | None = None) -> None:
    """Look at each loss when it is new."""
    steps = trace(losses)
    for index in range(len(steps)):
        check_loss(steps[: index + 1], index, history or [])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_is_told_with_the_last_good_values(bad: float) -> None:
    """The step, the step before it, and the last validation pass."""
    seen = {"step": 2, "loss": 2.5}
    with pytest.raises(DivergedError, match=r"at step 4 .*step before: 2.0\); lower") as told:
        checked([3.0, 2.5, 2.0, bad, 1.0], [seen])
    assert told.value.step == 4
    good = {"step": 3, "lr": 0.1, "loss": 2.0}
    assert told.value.last_good == {"train": good, "validation": seen}


def test_a_first_loss_that_is_no_number_has_nothing_before_it() -> None:
    """Nothing good to tell of."""
    with pytest.raises(DivergedError, match="step before: none") as told:
        checked([math.nan])
    assert told.value.last_good == {"train": None, "validation": None}


def test_exploding_losses_are_told() -> None:
    """Far above the first ones for half a window; the step is that of the median's crossing."""
    with pytest.raises(DivergedError, match=r"exploded: 45 over .* step 51, 4 over the first"):
        checked([4.0] * 40 + [45.0] * 40)


@pytest.mark.parametrize(
    "losses",
    [
        [4.0] * 40 + [400.0] * (WINDOW // 2 - 1) + [4.0] * 40,
        [4.0] * 40 + [3.9 * FACTOR] * 60,
        [0.001] * 40 + [0.9 * FACTOR] * 40,
        [4.0, *[400.0] * 30],
    ],
    ids=["a few spikes", "high", "from a start that knew the task", "too early to tell"],
)
def test_what_may_still_learn_goes_on(losses: list[float]) -> None:
    """None of these is diverged."""
    checked(losses)
