"""The plain equations against the project's own methods: two implementations of one formula."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from bench.attach.attach import Attached
from bench.speed.dense import EQUATIONS, Padded, has_equation, padded
from bench.speed.ways import NoWayError, Start
from bench.training.batches import Batch
from bench.training.text import TextBatch

StartOf = Callable[..., Start]

CASES = [(name, order) for name in EQUATIONS for order in ("pre", "post")
         if name.startswith("lorma") or order == "pre"]  # fmt: skip


def loss_of(attached: Attached, batch: Batch) -> torch.Tensor:
    """The loss per target, with its gradient left on what trains."""
    loss = batch.summed_loss(attached.model, 0.1) / batch.targets
    loss.backward()
    return loss.detach()


@pytest.mark.parametrize(("name", "order"), CASES)
@pytest.mark.parametrize("model", ["tiny_gpt2", "tiny_llama"])
def test_loss_and_gradients_are_those_of_our_method(
    start_of: StartOf, name: str, order: str, model: str
) -> None:
    """Far from the start, padded to 512 tokens: the loss to 1e-5, every gradient to 1e-4."""
    ordered = [f"method.order={order}"] if name.startswith("lorma") else []
    start = start_of(f"method={name}", f"model={model}", *ordered, moved=0.3)
    plain = start.runner("dense")
    assert isinstance(plain.batches[0], Padded)
    assert plain.batches[0].ids.shape[1] == 512
    found = loss_of(plain.attached, plain.batches[0])
    expected = loss_of(start.attached, start.batches[0])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    trained = plain.attached.trained()
    assert trained.keys() == start.attached.trained().keys()
    for key, tensor in start.attached.trained().items():
        assert tensor.grad is not None
        scale = float(tensor.grad.abs().max())
        assert scale > 0
        torch.testing.assert_close(trained[key].grad, tensor.grad, atol=1e-4 * scale, rtol=1e-4)


def test_the_weights_matter(start_of: StartOf) -> None:
    """Moved tensors change the loss by far more than what is called the same above."""
    still, moved = (start_of("method=lorma_pi", moved=size) for size in (0.0, 0.3))
    apart = loss_of(still.attached, still.batches[0]) - loss_of(moved.attached, moved.batches[0])
    assert abs(float(apart)) > 1e-2


@pytest.mark.parametrize(
    "override", ["method=dylora", "method=vera", "method.norm=first", "+method.order=activation"]
)
def test_other_compositions_have_no_plain_form(start_of: StartOf, override: str) -> None:
    """Plugins, inserts, and options that the equations do not have."""
    method = [] if override.startswith("method=") else ["method=loda"]
    start = start_of(*method, override)
    assert not has_equation(start.attached)
    with pytest.raises(NoWayError):
        start.runner("dense")


def test_padding_keeps_targets_and_tokens() -> None:
    """More columns, none of which counts."""
    batch = TextBatch(
        torch.tensor([[5, 6, 7]]), torch.tensor([[1, 1, 0]]), torch.tensor([[-100, 6, -100]])
    )
    longer = padded(batch, 5, 9)
    assert longer.ids.tolist() == [[5, 6, 7, 9, 9]]
    assert longer.labels.tolist() == [[-100, 6, -100, -100, -100]]
    assert (longer.targets, longer.tokens) == (1, 2)
    assert padded(batch, 2, 9).ids.tolist() == [[5, 6, 7]]
