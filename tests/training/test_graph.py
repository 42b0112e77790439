"""The stepper that replays, with its recordings carried out anew in place of CUDA graphs.

What a GPU alone can show is in the last tests, which are skipped without one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from bench.attach.attach import Attached
from bench.canary.steps import train_config
from bench.errors import ConfigError
from bench.replay import NotCapturedError, raise_as_reason
from bench.training.batches import collate
from bench.training.compiled import Compiling
from bench.training.graph import GraphStepper
from bench.training.hooks import Hooks
from bench.training.optimizers import build_optimizer
from bench.training.step import EagerStepper, finish_step
from bench.training.steppers import refusal, stepper_for
from bench.training.text import TextBatch, TextLine
from tests.methods.every import FILES, REFUSED, attached, method
from tests.repeating import Repeating

LENGTHS = ((9, 12, 5, 7), (20, 17, 18, 22), (8, 9, 9, 4), (30, 11, 6, 5))
BATCHES = [collate([TextLine(tuple(range(40, 40 + n)), 3) for n in row], 0) for row in LENGTHS]


def steppers(made: Attached, other: Attached) -> tuple[EagerStepper, GraphStepper]:
    """An eager stepper on one model, a replaying one on its twin."""
    given: dict[str, Any] = {"smoothing": 0.1, "clip_norm": 0.5, "autocast": False}
    eager, twin = (
        EagerStepper(attached=a, optimizer=build_optimizer(a.method.optimizer, a), **given)
        for a in (made, other)
    )
    graph = GraphStepper(
        eager=twin, padding=0, compiling=Compiling(wanted=False), recorder=Repeating()
    )
    return eager, graph


def train(stepper: EagerStepper | GraphStepper, steps: list[list[TextBatch]]) -> list[float]:
    """The losses of steps over some batches each, with the plugins of the method."""
    attached = stepper.attached if isinstance(stepper, EagerStepper) else stepper.eager.attached
    optimizer = stepper.optimizer if isinstance(stepper, EagerStepper) else stepper.eager.optimizer
    hooks = Hooks(attached, optimizer, len(steps), seed=0, loss_of=raising)
    losses = []
    for number, batches in enumerate(steps, start=1):
        rows = [stepper.place(batch) for batch in batches]
        hooks.begin(number, rows)
        losses.append(float(stepper.gradients(rows)))
        finish_step(stepper, hooks)
    return losses


def raising(_: Any) -> torch.Tensor:
    """No plugin asks for a loss here."""
    raise AssertionError


CAPTURABLE = [
    name
    for name in FILES
    if (name, "tiny_llama") not in REFUSED
    and name != "one_shot"
    and all(plugin.uncapturable is None for plugin in method(name).plugins)
]


@pytest.mark.parametrize("name", CAPTURABLE)
def test_every_method_trains_as_with_eager_steps(name: str) -> None:
    """Losses and tensors of steps with accumulation and with batches of different lengths."""
    eager, graph = steppers(
        attached(method(name), "tiny_llama"), attached(method(name), "tiny_llama")
    )
    steps = [[b] for b in BATCHES] + [BATCHES[:2], BATCHES[2:]] + [[b] for b in BATCHES]
    expected, losses = train(eager, steps), train(graph, steps)
    assert graph.reason is None
    assert losses == pytest.approx(expected, rel=2e-5)
    trained = graph.eager.attached.trained()
    for key, tensor in eager.attached.trained().items():
        torch.testing.assert_close(trained[key], tensor, atol=2e-4, rtol=1e-3)


def lora_steppers() -> tuple[EagerStepper, GraphStepper]:
    """LoRA on both."""
    first, second = (attached(method("lora"), "tiny_llama") for _ in range(2))
    return steppers(first, second)


def test_each_shape_is_recorded_once() -> None:
    """Lengths of 12, 22, 9 and 30 have three shapes; the update is one more recording."""
    _, graph = lora_steppers()
    train(graph, [[batch] for batch in BATCHES] * 3)
    assert sorted(shape[0] for shape in graph.captured) == [(4, 16), (4, 24), (4, 32)]
    assert isinstance(graph.recorder, Repeating)
    assert graph.recorder.recorded == 3 + 1


def test_what_cannot_be_captured_is_launched(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the batch where it shows, with the same losses, and the reason is kept."""
    eager, graph = lora_steppers()
    steps = [[batch] for batch in BATCHES]
    expected = train(eager, steps)
    losses = train(graph, steps[:2])

    def refuse(_: object, __: object) -> Any:
        raise NotCapturedError("no such kernel")

    monkeypatch.setattr(Repeating, "record", refuse)
    graph.captured.clear()
    losses += train(graph, steps[2:])
    assert losses == pytest.approx(expected, rel=2e-5)
    assert (graph.replaying, graph.reason) == (False, "no such kernel")


def test_without_the_compiler_steps_are_still_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be compiled is captured as it is."""
    eager, graph = lora_steppers()
    graph.compiling = Compiling(wanted=True, backend="eager")

    def prepared(compiling: Compiling, batch: Any, _: object) -> Any:
        if compiling.wanted:
            raise NotCapturedError("no compiler")
        return batch

    monkeypatch.setattr(Compiling, "prepared", prepared)
    assert train(graph, [BATCHES[:1]]) == pytest.approx(train(eager, [BATCHES[:1]]), rel=2e-5)
    assert (graph.replaying, graph.compiling.wanted, graph.reason) == (True, False, "no compiler")


def test_compiled_blocks_that_compute_something_else_are_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their gradients are compared with those of plain operations, once."""
    eager, graph = lora_steppers()
    graph.compiling = Compiling(wanted=True, backend="eager")
    computed, compiled = GraphStepper._computed, [False]

    def turned(stepper: GraphStepper, batch: Any, targets: Any) -> Any:
        loss, gradients = computed(stepper, batch, targets)
        return loss, [-g for g in gradients] if compiled[0] else gradients

    @contextmanager
    def active(compiling: Compiling, _: Any) -> Iterator[None]:
        compiled[0] = compiling.wanted
        yield
        compiled[0] = False

    monkeypatch.setattr(GraphStepper, "_computed", turned)
    monkeypatch.setattr(Compiling, "active", active)
    monkeypatch.setattr(Compiling, "prepared", lambda _, batch, __: batch)
    assert train(graph, [BATCHES[:1]]) == pytest.approx(train(eager, [BATCHES[:1]]), rel=2e-5)
    assert (graph.replaying, graph.compiling.wanted) == (True, False)
    assert graph.reason == (
        "compiled blocks are not used: gradients have 1 times the length of plain ones, and a "
        "cosine of -1"
    )


def test_a_demand_for_graphs_is_kept() -> None:
    """A ConfigError of one line where the step asked for cannot be had."""
    made = attached(method("lora"), "tiny_llama")
    made.model.add_module("unused", torch.nn.Linear(2, 2))
    _, graph = steppers(attached(method("lora"), "tiny_llama"), made)
    graph.strict = True
    with pytest.raises(ConfigError, match=r"^train.step=graph: the loss .*; set train.step=auto$"):
        train(graph, [BATCHES[:1]])


def test_other_digits_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay that computes another loss than the launched operations is given up."""
    eager, graph = lora_steppers()

    def wrong(_: object, work: Callable[[], None]) -> Callable[[], None]:
        def replayed() -> None:
            work()
            work()

        return replayed

    monkeypatch.setattr(Repeating, "record", wrong)
    assert train(graph, [BATCHES[:1]]) == pytest.approx(train(eager, [BATCHES[:1]]), rel=2e-5)
    assert "other digits" in (graph.reason or "")


def test_a_tensor_without_a_gradient_is_left_to_eager_steps() -> None:
    """The optimizer would let it decay."""
    made = attached(method("lora"), "tiny_llama")
    made.model.add_module("unused", torch.nn.Linear(2, 2))
    _, graph = steppers(attached(method("lora"), "tiny_llama"), made)
    train(graph, [BATCHES[:1]])
    assert graph.reason == "the loss does not depend on every trained tensor"


def test_the_reason_is_the_first_error() -> None:
    """What broke a capture off, not that it was broken off."""
    broken = RuntimeError("a capture failed")
    broken.__context__ = ValueError("the cause")
    with pytest.raises(NotCapturedError, match=r"^ValueError: the cause$"):
        raise_as_reason(broken)


def test_full_memory_is_no_reason() -> None:
    """It is reported as such, or splits the batch."""
    with pytest.raises(torch.OutOfMemoryError):
        raise_as_reason(torch.OutOfMemoryError("CUDA out of memory."))


def chosen(name: str, **given: Any) -> Any:
    """What a training of a method is computed with."""
    made = attached(method(name), "tiny_llama")
    optimizer = build_optimizer(made.method.optimizer, made)
    return stepper_for(made, optimizer, train_config(**given), 10, padding=0, autocast=False)


def test_without_a_gpu_steps_are_eager() -> None:
    """By themselves, and the record says why; a demand is refused in one line."""
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert chosen("lora").facts == {
        "step": "eager", "compiled": False, "reason": "CUDA graphs need a GPU",
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"^train.step=graph: CUDA graphs need a GPU"):
        chosen("lora", step="graph")


@pytest.mark.parametrize(("name", "why"), [("dylora", "another rank"), ("autolora", "of its own")])
def test_plugins_that_change_what_is_computed_refuse(name: str, why: str) -> None:
    """Their forward pass is no fixed sequence of kernels."""
    reason = refusal(attached(method(name), "tiny_llama"), torch.device("cuda"))
    assert why in (reason or "")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")
@pytest.mark.parametrize("name", ["lora", "lorma_plus", "lorma_pi", "dora", "loda", "adalora"])
def test_fifty_steps_on_a_gpu(name: str) -> None:
    """Replayed steps against the same steps launched one operation after the other: equal."""
    runs = []
    for step in ("graph", "eager"):
        made = attached(method(name), "tiny_llama")
        made.model.to("cuda")
        optimizer = build_optimizer(made.method.optimizer, made)
        config = train_config(step="graph", compile=False)
        stepper = stepper_for(made, optimizer, config, 50, padding=0, autocast=False).stepper
        assert isinstance(stepper, GraphStepper)
        if step == "eager":
            stepper.recorder = Repeating()
        runs.append(train(stepper, [[batch] for batch in BATCHES * 13][:50]))
    assert runs[0] == runs[1]
