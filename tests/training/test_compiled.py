"""What is compiled computes what the eager operations compute."""

from __future__ import annotations

import pytest
import torch

from bench.models.split import SplitAttention
from bench.training.compiled import Compiling
from bench.training.fixed import fixed
from tests.methods.every import attached, method
from tests.training.test_fixed import batch_for, computed

UPDATES = ("lora", "lorma_pi", "loda_plus", "dora", "svft_p")


@pytest.mark.parametrize("name", UPDATES)
def test_loss_and_gradients_are_the_eager_ones(name: str) -> None:
    """Traced by torch's compiler, without its code generation.

    On GPT-2, whose three projections are multiplied with together there.
    """
    torch._dynamo.reset()
    made = attached(method(name), "tiny_gpt2")
    plain = batch_for(made)
    loss, gradients = computed(made, plain)
    compiling = Compiling(wanted=True, backend="eager")
    with compiling.active(made.model):
        batch = compiling.prepared(fixed(plain, 0), made.model)
        other, found = computed(made, batch)
        ties = [m.tied is not None for m in made.model.modules() if isinstance(m, SplitAttention)]
    assert ties == [name != "vera"] * 2, "the layers of PEFT hold their weights themselves"
    torch.testing.assert_close(other, loss, atol=1e-4, rtol=1e-5)
    for key, gradient in gradients.items():
        torch.testing.assert_close(found[key], gradient, atol=5e-5, rtol=1e-4)
    again, _ = computed(made, plain)
    assert torch.equal(again, loss), "the model computes as before outside"


def test_weights_that_train_are_not_tied() -> None:
    """A copy would not follow them."""
    made = attached(method("ft_qv"), "tiny_gpt2")
    with Compiling(wanted=True, backend="eager").active(made.model):
        ties = [m.tied for m in made.model.modules() if isinstance(m, SplitAttention)]
    assert ties == [None, None]


def test_tied_weights_are_the_same_memory() -> None:
    """What changes a frozen weight in place, as restarts do, changes what is multiplied with.

    And no weight is moved, since another captured step may read it where it is.
    """
    made = attached(method("lora"), "tiny_gpt2")
    split = next(m for m in made.model.modules() if isinstance(m, SplitAttention))
    weight: torch.Tensor = split.query.base.weight  # type: ignore[union-attr, assignment]
    where, before = weight.data_ptr(), weight.clone()
    with Compiling(wanted=True, backend="eager").active(made.model):
        assert split.tied is not None
        assert split.tied.data_ptr() == weight.data_ptr() == where
        weight.add_(1.0)
        torch.testing.assert_close(split.tied[: len(before)], before + 1.0)
    assert split.tied is None
