"""One seed: the same order of data, start and chance, whatever method, whatever ran before."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from bench.attach.attach import attach
from bench.training.fitted import Fit
from bench.training.hooks import search_steps
from bench.training.loop import fit
from bench.training.saving import NEVER
from bench.training.step import EagerStepper
from tests.methods.every import FILES, method, plain
from tests.training.test_resume import quick, tokens

TRAINED = [name for name in FILES if name not in {"one_shot", "bitfit"}]


def train(name: str, count: int = 3, **options: Any) -> Fit:
    """Fit a method; what it left."""
    made = attach(plain("tiny_llama").model, method(name, **options), quick().seed)
    config = replace(quick().train, steps=count)
    return fit(
        made, tokens("tiny_llama"), None, replace(config, select="last"), seed=quick().seed,
        padding=0, autocast=False, observe=lambda _: None, saving=NEVER,
    )  # fmt: skip


def rows(name: str) -> tuple[tuple[int, ...], ...]:
    """The lines of every step of a method's training, by their tokens."""
    seen: list[tuple[int, ...]] = []
    real = EagerStepper.gradients

    def gradients(stepper: EagerStepper, batches: Any) -> Any:
        seen.append(tuple(hash(tuple(row.tolist())) for batch in batches for row in batch.ids))
        return real(stepper, batches)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EagerStepper, "gradients", gradients)
        train(name)
    return tuple(seen)


@pytest.fixture(scope="module")
def rows_of_lora() -> tuple[tuple[int, ...], ...]:
    """What every method must see."""
    return rows("lora")


@pytest.mark.parametrize("name", [n for n in TRAINED if not search_steps(method(n).plugins, 3)])
def test_every_method_sees_the_same_rows(
    name: str, rows_of_lora: tuple[tuple[int, ...], ...]
) -> None:
    """In the same order; a search, which holds rows out, is a method's own."""
    if any(base.available() for base in method(name).base):
        pytest.skip("4 bit is not to be had here")
    assert rows(name) == rows_of_lora


def disturb() -> None:
    """Draw from every global source, and put another method on a model."""
    torch.manual_seed(99)
    torch.rand(7)
    random.seed(5)
    np.random.seed(5)
    attach(plain("tiny_llama").model, method("dylora"), 3)
    torch.rand(3)


@pytest.mark.parametrize("name", TRAINED)
def test_the_start_does_not_hang_on_what_ran_before(name: str) -> None:
    """The trained tensors of every method, bit by bit, behind other work in the process."""
    if any(base.available() for base in method(name).base):
        pytest.skip("4 bit is not to be had here")
    first = attach(plain("tiny_llama").model, method(name), 4).state()
    disturb()
    again = attach(plain("tiny_llama").model, method(name), 4).state()
    other = attach(plain("tiny_llama").model, method(name), 5).state()
    assert all(torch.equal(tensor, again[key]) for key, tensor in first.items())
    assert first.keys() == again.keys() == other.keys()


def test_dropout_does_not_hang_on_what_ran_before() -> None:
    """The losses of a training with dropout, to the last digit."""
    first = train("lora", 4, dropout=0.3)
    disturb()
    train("dylora")
    assert train("lora", 4, dropout=0.3).trace == first.trace
    assert train("lora", 4).trace != first.trace
