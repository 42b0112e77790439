"""Runs that train together and, from the same start, by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from bench.attach.attach import Attached, attach
from bench.config import Cell
from bench.packed.joint import joined
from bench.packed.skeleton import shared_copy
from bench.packed.stepper import PackedStepper, ShareStepper
from bench.packed.training import Gradients, Member, train_together
from bench.training.fitted import Fit
from bench.training.loop import Course, prepare
from bench.training.saving import NEVER, Saving
from bench.training.text import TextLine, tokenise
from bench.training.validation import by_loss

UNDROPPED = (
    "+model.source.settings.resid_pdrop=0.0",
    "+model.source.settings.attn_pdrop=0.0",
    "+model.source.settings.embd_pdrop=0.0",
)
"""GPT-2 without the dropout that it has by default."""


def lines_of(cell: Cell, tokenizer: Any, count: int = 16) -> list[TextLine]:
    """The ends of the first training rows, of 12 to 27 tokens."""
    (file,) = cell.task.files["train"]
    lines = tokenise(tokenizer, cell.task.examples(cell.task.synthetic(file)[:count]), 512)
    return [TextLine(line.ids[-12 - number :], 6) for number, line in enumerate(lines)]


def course_of(cell: Cell, attached: Attached, tokenizer: Any, saving: Saving = NEVER) -> Course:
    """The training of a cell on a model of its own, with a validation pass."""
    lines = lines_of(cell, tokenizer)

    course = prepare(
        attached, lines, by_loss(attached.model, lines[:4], 2, 0), cell.train, seed=cell.seed,
        padding=0, autocast=False, observe=lambda _: None, keep=None, saving=saving,
    )  # fmt: skip
    assert course is not None
    return course


def fit_alone(cell: Cell, loaded: Any, saving: Saving = NEVER) -> tuple[Attached, Fit]:
    """A run by itself, on a copy of the model with tensors of its own."""
    model = shared_copy(loaded.model, frozenset(dict(loaded.model.named_parameters())))
    attached = attach(model, cell.method, cell.seed)
    course = course_of(cell, attached, loaded.tokenizer, saving)
    course.resume()
    course.steps.run(course.batches)
    return attached, course.close()


def fit_packed(
    cells: Sequence[Cell], loaded: Any, savings: Sequence[Saving] | None = None
) -> list[tuple[Attached, Fit | BaseException]]:
    """Runs that train together, with what training left or the error that ended it."""
    left: dict[int, Fit | BaseException] = {}
    runs, members = [], []
    for index, cell in enumerate(cells):
        attached = attach(shared_copy(loaded.model), cell.method, cell.seed)
        saving = savings[index] if savings else NEVER
        course = course_of(cell, attached, loaded.tokenizer, saving)
        course.steps.stepper = ShareStepper(
            attached=attached, optimizer=course.steps.state.optimizer, smoothing=0.0,
            clip_norm=cell.train.clip_norm, autocast=False,
        )  # fmt: skip
        kept = lambda what, index=index: left.__setitem__(index, what)  # noqa: E731
        members.append(Member(course=course, completed=kept, failed=kept))
        runs.append(attached)

    def stepper_for(members: Sequence[Member]) -> Gradients:
        joint = joined(loaded.model, [member.attached for member in members])
        return PackedStepper(
            joint=joint, lines=cells[0].train.batch_size, padding=0,
            smoothing=cells[0].train.label_smoothing, autocast=False, rounded=False,
        ).gradients  # fmt: skip

    train_together(members, stepper_for)
    return [(attached, left[index]) for index, attached in enumerate(runs)]


def disturbed(attached: Attached, seed: int) -> None:
    """Move every trained tensor away from a start at which others would have no gradient."""
    generator = torch.Generator().manual_seed(seed)
    for tensor in attached.trained().values():
        tensor.data += 0.02 * torch.randn(tensor.shape, generator=generator)
