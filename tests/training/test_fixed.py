"""Batches of a fixed shape against the batches that they are made of."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from bench.attach.attach import Attached
from bench.models.attention import unconditional
from bench.training.batches import Batch, collate
from bench.training.fixed import LENGTH, POSITIONS, FixedText, fixed, round_up
from bench.training.label import LabelLine
from bench.training.text import TextLine
from tests.methods.every import CASES, attached, method

TEXTS = [TextLine(tuple(range(40, 40 + n)), 3) for n in (9, 13, 5, 7)]
LABELLED = [LabelLine((2, *range(40, 40 + n), 3), None, float(n % 2)) for n in (9, 13, 5, 6)]


def virtual(made: Attached) -> tuple[int, ...]:
    """Virtual tokens of a method, which it must find in its lines."""
    return sum(made.virtual_tokens, ())


def batch_for(made: Attached) -> Batch:
    """Lines of different lengths for a model."""
    extra = virtual(made)
    if made.model.config.model_type == "roberta":
        lines = [LabelLine((2, *extra, *line.ids[1:]), None, line.label) for line in LABELLED]
        return collate(lines, padding=made.model.config.pad_token_id)
    texts = [TextLine((*extra, *line.ids), line.start + len(extra)) for line in TEXTS]
    return collate(texts, padding=made.model.config.pad_token_id)


def computed(made: Attached, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss, and the gradient of every trained tensor."""
    trained = made.trained()
    loss = batch.summed_loss(made.model, 0.1)
    found = torch.autograd.grad(loss, list(trained.values()), allow_unused=True)
    return loss.detach(), {n: g for n, g in zip(trained, found, strict=True) if g is not None}


@pytest.mark.parametrize(("name", "model"), [c for c in CASES if c[0] != "one_shot"])
def test_loss_and_gradients_are_those_of_the_plain_batch(name: str, model: str) -> None:
    """Of every method on every kind of model: what was added bears no loss."""
    made = attached(method(name), model)
    plain = batch_for(made)
    loss, gradients = computed(made, plain)
    with unconditional(made.model):
        other, found = computed(made, fixed(plain, made.model.config.pad_token_id))
    torch.testing.assert_close(other, loss, atol=1e-5, rtol=1e-5)
    assert found.keys() == gradients.keys()
    for key, gradient in gradients.items():
        torch.testing.assert_close(found[key], gradient, atol=2e-5, rtol=1e-4)


def test_shapes_are_few() -> None:
    """Lengths of 5 to 24 and any number of positions give three lengths and one list."""
    made = [fixed(collate([TextLine(tuple(range(n)), 2)], 0), 0) for n in range(5, 25)]
    assert all(isinstance(one, FixedText) for one in made)
    assert {one.tensors[0].shape[1] for one in made} == {8, 16, 24}
    assert {len(one.tensors[1]) for one in made} == {POSITIONS}


def test_counts_stay_those_of_the_lines() -> None:
    """What the loss is divided by, and the real tokens, leave padding out."""
    plain = collate(TEXTS, 0)
    made = fixed(plain, 0)
    assert (made.targets, made.tokens) == (plain.targets, plain.tokens) == (22, 34)


@pytest.mark.parametrize(("number", "rounded"), [(0, 8), (1, 8), (8, 8), (9, 16)])
def test_round_up(number: int, rounded: int) -> None:
    """To the next multiple, and never to nothing."""
    assert round_up(number, LENGTH) == rounded
