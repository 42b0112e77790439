"""Losses of validation rows that are replayed, with recordings carried out anew."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bench.replay import NotCapturedError
from bench.training.batches import collate
from bench.training.graph import GraphStepper
from bench.training.step import EagerStepper
from bench.training.text import TextLine
from bench.training.validation import validation_loss
from tests.methods.every import attached, method
from tests.repeating import Repeating
from tests.training.test_graph import BATCHES, CAPTURABLE, lora_steppers, steppers, train

LINES = [TextLine(tuple(range(50, 50 + n)), 3) for n in (9, 30, 12, 5, 17, 20, 11, 8)]


def loss(stepper: EagerStepper | GraphStepper) -> float:
    """The validation loss of some lines, in batches of four lengths."""
    made = stepper.attached if isinstance(stepper, EagerStepper) else stepper.eager.attached
    return validation_loss(made.model, LINES, 2, 0, stepper.validation_loss)


@pytest.mark.parametrize("name", CAPTURABLE)
def test_every_method_is_validated_as_with_launched_passes(name: str) -> None:
    """Before any step and between steps: what is replayed reads the tensors as they are."""
    eager, graph = steppers(
        attached(method(name), "tiny_llama"), attached(method(name), "tiny_llama")
    )
    found = [loss(graph)]
    expected = [loss(eager)]
    for _ in range(2):
        train(eager, [BATCHES[:1]])
        train(graph, [BATCHES[:1]])
        expected.append(loss(eager))
        found.append(loss(graph))
    assert found == pytest.approx(expected, rel=2e-5)
    # These lines hold none of the virtual tokens that the two train.
    assert len(set(found)) == (1 if name in {"prompt", "prelayer"} else 3)
    assert graph.validating.reason is None


def test_each_shape_is_recorded_once_and_steps_have_their_own() -> None:
    """Batches of 8, 11, 17 and 30 tokens have four lengths."""
    _, graph = lora_steppers()
    assert isinstance(graph.recorder, Repeating)
    assert loss(graph) == loss(graph)
    assert graph.recorder.recorded == 4
    assert graph.captured == {}


def test_what_cannot_be_captured_is_launched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is kept, and steps are replayed all the same."""
    eager, graph = lora_steppers()

    def refuse(_: object, __: object) -> Any:
        raise NotCapturedError("no such kernel")

    with monkeypatch.context() as patch:
        patch.setattr(Repeating, "record", refuse)
        assert loss(graph) == loss(eager)
    assert graph.validating.reason == "validation is launched: no such kernel"
    train(graph, [BATCHES[:1]])
    assert graph.replaying
    assert loss(graph) != loss(eager)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "out of memory"),
        (RuntimeError("something else"), None),
    ],
)
def test_full_memory_is_no_end(
    error: Exception, reason: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graphs may need more than launched passes; any other error is one."""
    eager, graph = lora_steppers()

    def full(_: object, __: object) -> Any:
        raise error

    monkeypatch.setattr(Repeating, "warm_up", full)
    if reason is None:
        with pytest.raises(RuntimeError, match="something else"):
            loss(graph)
        return
    assert loss(graph) == loss(eager)
    assert graph.validating.reason == f"validation is launched: {reason}"


def test_other_digits_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every capture is compared with the same operations launched."""
    eager, graph = lora_steppers()
    warm_up = Repeating.warm_up

    def off(recorder: Repeating, work: Any) -> Any:
        return warm_up(recorder, work) + 1e-3

    monkeypatch.setattr(Repeating, "warm_up", off)
    assert loss(graph) == loss(eager)
    assert "other digits" in str(graph.validating.reason)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_on_a_gpu_losses_are_replayed(precision: str) -> None:
    """As launched, but for rounding; between steps, which are graphs in the same memory."""
    from bench.canary.steps import train_config
    from bench.training.optimizers import build_optimizer
    from bench.training.steppers import stepper_for

    made = attached(method("lora"), "tiny_llama")
    made.model.to("cuda")
    chosen = stepper_for(
        made, build_optimizer(made.method.optimizer, made), train_config(), 10, padding=0,
        autocast=precision == "bf16",
    )  # fmt: skip
    graph = chosen.stepper
    assert isinstance(graph, GraphStepper)
    for _ in range(3):
        rows = [graph.place(batch) for batch in BATCHES[:1]]
        made.model.train()
        graph.gradients(rows)
        graph.update()
        made.model.eval()
        batch = collate(LINES, 0)
        replayed = float(graph.validation_loss(batch))
        assert replayed == pytest.approx(float(graph.eager.validation_loss(batch)), rel=1e-3)
    assert graph.validating.reason is None
