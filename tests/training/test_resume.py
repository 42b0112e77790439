"""A training that is broken off and gone on with ends like one that was not, bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
import safetensors.torch
import torch

from bench.attach.attach import attach
from bench.config import Cell, TrainConfig, cell_from
from bench.errors import StoreError
from bench.methods.compose import method_from
from bench.training import chance, steps
from bench.training.fitted import Fit
from bench.training.loop import fit
from bench.training.packing import pack, unpack
from bench.training.saving import NEVER, Saving
from bench.training.step import EagerStepper
from bench.training.text import TextLine, tokenise
from bench.training.validation import by_loss
from tests.cells import compose_settings
from tests.methods.every import FILES, plain, settings

LAST = 6


class BrokenOffError(Exception):
    """The process is gone."""


class Memory:
    """Keeps what would be on disk; breaks the training off behind one step."""

    def __init__(self, broken_at: int) -> None:
        self.broken_at = broken_at
        self.held: tuple[bytes, Any] | None = None

    def newest(self) -> Any | None:
        """The state, read from its bytes."""
        if self.held is None:
            return None
        blob, layout = self.held
        return unpack(safetensors.torch.load(blob), layout)

    def between(self, step: int, capture: Callable[[], Any]) -> None:
        """Keep every second state, so that a step is lost and done again."""
        if step % 2 == 0:
            tensors, layout = pack(capture())
            self.held = (safetensors.torch.save(tensors), layout)
        if step == self.broken_at:
            raise BrokenOffError


Train = Callable[..., tuple[Fit, dict[str, torch.Tensor]]]


@cache
def quick() -> Cell:
    """Settings of a cell."""
    return cell_from(
        compose_settings(
            "train.batch_size=2", "train.accumulation=2", "train.evaluations=4",
            "train.select=best", f"train.steps={LAST}",
        )
    )  # fmt: skip


@cache
def tokens(model: str) -> list[TextLine]:
    """Training lines of a tiny model: ends of lines, 24 to 47 tokens, so that steps are quick."""
    task = quick().task
    rows = task.synthetic(task.files["train"][0])[:24]
    lines = tokenise(plain(model).tokenizer, task.examples(rows), 512)
    return [TextLine(line.ids[-24 - number :], 8) for number, line in enumerate(lines)]


@pytest.fixture
def train() -> Train:
    """Fit a method on a fresh tiny model; what it leaves, and the trained tensors."""

    def trained(
        name: str, saving: Saving = NEVER, *, model: str = "tiny_llama", **changes: Any
    ) -> tuple[Fit, dict[str, torch.Tensor]]:
        cell = quick()
        config: TrainConfig = replace(cell.train, **changes)
        method = method_from({**settings(name), "name": name})
        if any(base.available() for base in method.base):
            pytest.skip("4 bit is not to be had here")
        made = attach(plain(model).model, method, cell.seed)
        lines = tokens(model)
        held = lines[:4]
        measured = by_loss(made.model, held, 2, 0)
        fitted = fit(
            made, lines, measured, config, seed=cell.seed, padding=0, autocast=False,
            observe=lambda _: None, saving=saving,
        )  # fmt: skip
        return fitted, made.state()

    return trained


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Whether all tensors are equal, bit by bit."""
    return one.keys() == other.keys() and all(torch.equal(t, other[k]) for k, t in one.items())


@pytest.mark.parametrize("name", [name for name in FILES if name != "one_shot"])
def test_every_method_goes_on_to_the_same_end(name: str, train: Train) -> None:
    """Losses, validation, chosen tensors; plugins are broken off twice, in a search or a cycle."""
    model = "tiny_gpt2" if name == "bitfit" else "tiny_llama"
    whole, tensors = train(name, model=model)
    saving = Memory(3)
    for broken_at in (3, 5) if method_from(settings(name)).plugins else (3,):
        saving.broken_at = broken_at
        with pytest.raises(BrokenOffError):
            train(name, saving, model=model)
    saving.broken_at = 0
    resumed, again = train(name, saving, model=model)
    assert resumed.trace == whole.trace
    assert resumed.history == whole.history
    assert resumed.tokens == whole.tokens
    assert len(resumed.step_seconds) == LAST
    assert same(tensors, again)


def test_every_source_of_chance_goes_on() -> None:
    """Torch, Python and NumPy draw the same behind a restored state, read from its bytes."""
    import random

    import numpy as np

    def draw() -> list[float]:
        return [float(torch.rand(())), random.random(), float(np.random.normal())]  # noqa: S311

    chance.seed_all(3)
    draw()
    tensors, layout = pack(chance.states())
    expected = [draw() for _ in range(3)]
    chance.seed_all(4)
    chance.restore(unpack(safetensors.torch.load(safetensors.torch.save(tensors)), layout))
    assert [draw() for _ in range(3)] == expected


@dataclass
class Full:
    """A memory that is full from the third step on."""

    capacity: int = 2
    """Lines that still fit."""
    seen: list[int] = field(default_factory=list)
    """Lines of every step that was tried."""


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Full:
    """Steps that fail as CUDA fails."""
    memory, real = Full(), EagerStepper.gradients

    def gradients(stepper: EagerStepper, batches: Any) -> Any:
        memory.seen.append(max(len(batch.ids) for batch in batches))
        if len(memory.seen) > 2 and memory.seen[-1] > memory.capacity:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return real(stepper, batches)

    monkeypatch.setattr(EagerStepper, "gradients", gradients)
    return memory


def test_where_memory_ends_batches_are_cut(train: Train, full: Full) -> None:
    """Of 8 lines, twice halved, and going on from the checkpoint behind step 2."""
    fitted, _ = train("lora", Memory(0), batch_size=8, accumulation=1, oom="split")
    assert full.seen[:5] == [8, 8, 8, 4, 2]
    assert fitted.splits == [{"step": 2, "pieces": 4}]
    assert [entry["step"] for entry in fitted.trace] == list(range(1, LAST + 1))


def test_without_a_checkpoint_training_begins_anew(train: Train, full: Full) -> None:
    """From the start, with the losses of a training that was cut from the start."""
    fitted, _ = train("lora", batch_size=4, accumulation=1, oom="split")
    assert full.seen[:4] == [4, 4, 4, 2]
    assert fitted.splits == [{"step": 0, "pieces": 2}]
    assert [entry["step"] for entry in fitted.trace] == list(range(1, LAST + 1))


def test_cut_batches_have_the_gradient_of_whole_ones(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for rounding: no dropout, and the loss is per target of all parts together."""
    whole, tensors = train("lora_plus", batch_size=6, accumulation=1)
    real = steps.Steps.run

    def run(self: Any, batches: Any) -> None:
        self.state.pieces = 4
        real(self, batches)

    monkeypatch.setattr(steps.Steps, "run", run)
    cut, again = train("lora_plus", batch_size=6, accumulation=1)
    assert [e["loss"] for e in cut.trace] == pytest.approx([e["loss"] for e in whole.trace], 1e-4)
    for name, tensor in tensors.items():
        torch.testing.assert_close(again[name], tensor, rtol=1e-3, atol=1e-4)


def test_full_memory_fails_where_that_is_asked(train: Train, full: Full) -> None:
    """The default; and with split, where a line by itself is too long."""
    with pytest.raises(torch.OutOfMemoryError):
        train("lora", batch_size=8, accumulation=1)
    full.capacity = 0
    with pytest.raises(torch.OutOfMemoryError):
        train("lora", batch_size=1, accumulation=3, oom="split")


@pytest.mark.parametrize("name", ["lora", "ft"])
def test_the_state_of_another_method_is_refused_in_one_line(name: str, train: Train) -> None:
    """It is whole, and does not fit."""
    saving = Memory(3)
    with pytest.raises(BrokenOffError):
        train(name, saving)
    with pytest.raises(StoreError, match="the newest checkpoint does not fit this training"):
        train("lorma_plus", saving)


@pytest.mark.parametrize("state", [{}, [], {"step": 2, "pieces": 1, "best": None, "kept": {}}])
def test_what_is_no_state_is_refused_in_one_line(state: Any, train: Train) -> None:
    """Whatever passes the checksums."""
    saving = Memory(0)
    saving.newest = lambda: state  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="the newest checkpoint does not fit this training"):
        train("lorma_plus", saving)
