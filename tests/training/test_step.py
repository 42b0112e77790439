"""The loss and the step against transformers' own loss and the definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from bench.attach.attach import Attached, attach
from bench.methods.compose import method_from
from bench.training.batches import collate
from bench.training.hooks import Hooks
from bench.training.step import EagerStepper, finish_step
from bench.training.text import IGNORED, TextBatch, TextLine

LINES = [TextLine(tuple(range(40, 40 + n)), 3) for n in (9, 12, 5, 7)]


def batch(*lines: TextLine) -> TextBatch:
    """Lines as a padded batch."""
    return collate(lines, padding=0)


@pytest.mark.parametrize("name", ["tiny_gpt2", "tiny_llama"])
def test_loss_equals_that_of_transformers(name: str, tiny_model: Callable[..., Any]) -> None:
    """The mean over positions with loss is what the model computes from the same labels."""
    model = tiny_model(name).model
    whole = batch(*LINES)
    expected = model(input_ids=whole.ids, attention_mask=whole.mask, labels=whole.labels).loss
    ours = whole.summed_loss(model, 0.0) / whole.targets
    torch.testing.assert_close(ours, expected, atol=1e-6, rtol=1e-6)


def test_smoothing_is_the_official_definition(tiny_model: Callable[..., Any]) -> None:
    """(1 − ε)·nll + ε·(mean of −log p over the whole vocabulary, the target included)."""
    model = tiny_model("tiny_gpt2").model
    whole = batch(*LINES)
    log_p = model(input_ids=whole.ids, attention_mask=whole.mask).logits[:, :-1].log_softmax(-1)
    targets = whole.labels[:, 1:]
    wanted = targets != IGNORED
    nll = -log_p[wanted].gather(1, targets[wanted][:, None])[:, 0]
    expected = (0.9 * nll - 0.1 * log_p[wanted].mean(-1)).sum()
    torch.testing.assert_close(whole.summed_loss(model, 0.1), expected, atol=1e-4, rtol=1e-6)


def test_padding_changes_nothing(tiny_model: Callable[..., Any]) -> None:
    """Lines of a padded batch lose what they lose alone."""
    model = tiny_model("tiny_llama").model
    alone = sum(float(batch(line).summed_loss(model, 0.0)) for line in LINES)
    assert float(batch(*LINES).summed_loss(model, 0.0)) == pytest.approx(alone, rel=1e-5)


def lora(tiny_model: Callable[..., Any]) -> Attached:
    """LoRA on a tiny model."""
    method = method_from(
        {"name": "lora", "update": "lora", "parts": ["query"], "rank": 2, "alpha": 4.0,
         "optimizer": {"lr": 0.01}}
    )  # fmt: skip
    return attach(tiny_model("tiny_llama").model, method, seed=0)


def no_loss(batches: Any) -> torch.Tensor:
    """No plugin asks for a loss here."""
    raise AssertionError


def stepped(attached: Attached, batches: list[TextBatch], clip_norm: float | None = None) -> float:
    """One SGD step, whose change is the gradient."""
    optimizer = torch.optim.SGD(attached.trained().values(), lr=1.0)
    stepper = EagerStepper(
        attached=attached, optimizer=optimizer, smoothing=0.0, clip_norm=clip_norm, autocast=False
    )
    loss = stepper.gradients(batches)
    finish_step(stepper, Hooks(attached, optimizer, 1, seed=0, loss_of=no_loss))
    return float(loss)


def test_accumulation_equals_one_large_batch(tiny_model: Callable[..., Any]) -> None:
    """The mean is over all positions of the step, however they are cut into batches."""
    together, apart = lora(tiny_model), lora(tiny_model)
    loss = stepped(together, [batch(*LINES)])
    assert stepped(apart, [batch(*LINES[:1]), batch(*LINES[1:])]) == pytest.approx(loss, rel=1e-6)
    for name, tensor in together.trained().items():
        torch.testing.assert_close(tensor, apart.trained()[name], atol=1e-6, rtol=1e-5)


def test_clipping_bounds_the_step(tiny_model: Callable[..., Any]) -> None:
    """With SGD at rate 1 the change of all tensors together has the clipped norm."""
    attached = lora(tiny_model)
    before = attached.state()
    stepped(attached, [batch(*LINES)], clip_norm=1e-3)
    change = torch.cat([(attached.state()[n] - t).flatten() for n, t in before.items()])
    assert float(change.norm()) == pytest.approx(1e-3, rel=1e-3)
