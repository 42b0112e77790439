"""HF PEFT's form of a method in our loop, against our form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from peft.tuners.tuners_utils import BaseTunerLayer

from bench.speed.peft_twins import TWINS
from bench.speed.ways import NoWayError, Start

StartOf = Callable[..., Start]

EXTRA = {"olora": ["method.rank=8"]}
"""A tiny model is too small for the rank of the file."""


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize(
    ("model", "task"), [("tiny_gpt2", "e2e"), ("tiny_llama", "e2e"), ("tiny_roberta", "sst2")]
)
def test_starts_with_the_loss_of_ours(start_of: StartOf, name: str, model: str, task: str) -> None:
    """At the start and far from it, with PEFT's own layers, and as many trained values."""
    for moved in (0.0, 0.05):
        start = start_of(
            f"method={name}", f"model={model}", f"task={task}", *EXTRA.get(name, []), moved=moved
        )
        theirs = start.runner("peft")
        layers = [m for m in theirs.attached.model.modules() if isinstance(m, BaseTunerLayer)]
        assert layers
        assert theirs.attached.counts()["trained"] == start.attached.counts()["trained"]
        batch = start.batches[0]
        found = batch.summed_loss(theirs.attached.model, 0.0)
        expected = batch.summed_loss(start.attached.model, 0.0)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("name", TWINS)
def test_in_bf16_the_same_values_train(start_of: StartOf, name: str) -> None:
    """Adapters of both are in fp32 beside bf16 weights, and the losses are those of bf16."""
    start = start_of(f"method={name}", "train.precision=bf16", *EXTRA.get(name, []), moved=0.05)
    ours, theirs = start.runner("eager"), start.runner("peft")
    assert theirs.attached.counts()["trained"] == ours.attached.counts()["trained"]
    assert {tensor.dtype for tensor in theirs.attached.trained().values()} == {torch.float32}
    for runner in (ours, theirs):
        runner.warm_up(1)
    assert theirs.losses[0] == pytest.approx(ours.losses[0], rel=0.005)


@pytest.mark.parametrize("name", ["lora", "dora", "olora"])
def test_stays_with_ours_over_steps(start_of: StartOf, name: str) -> None:
    """Twelve steps: the same optimizer on the same values gives the same losses, which fall."""
    start = start_of(f"method={name}", *EXTRA.get(name, []), "method.optimizer.lr=0.01")
    ours, theirs = start.runner("eager"), start.runner("peft")
    for runner in (ours, theirs):
        runner.warm_up(6)
    assert ours.losses[-2] < ours.losses[0] - 0.01
    torch.testing.assert_close(theirs.losses, ours.losses, atol=1e-4, rtol=1e-4)


def test_adalora_is_scored_by_the_allocator_of_peft(start_of: StartOf) -> None:
    """Called from our step, it has finite scores of every tensor, which are not all zero."""
    start = start_of("method=adalora", "method.optimizer.lr=0.01")
    theirs = start.runner("peft")
    theirs.warm_up(2)
    tuner = theirs.attached.method.plugins[0].tuner  # type: ignore[attr-defined]
    scored = tuner.rankallocator.ipt
    assert scored
    assert all(bool(score.isfinite().all()) for score in scored.values())
    assert any(float(score.abs().max()) > 0 for score in scored.values())


@pytest.mark.parametrize(
    ("name", "said"), [("vera", "HF PEFT's already"), ("loda", "no such method")]
)
def test_says_why_there_is_none(start_of: StartOf, name: str, said: str) -> None:
    """One is PEFT's own here, the other is not PEFT's."""
    with pytest.raises(NoWayError, match=said):
        start_of(f"method={name}").runner("peft")
