"""Every method has the properties of METHODS, or says why not, and then has them not.

The methods are the files of conf/method, so a new one is tested by being there.
"""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from bench.attach.attach import adapted_maps
from bench.attach.count import trained_count
from bench.attach.linear import AdaptedLinear
from bench.errors import BenchError
from bench.methods.base import Property
from bench.methods.compose import MethodConfig
from tests.methods.every import (
    CASES,
    FILES,
    IDS,
    REFUSED,
    attached,
    logits,
    method,
    plain,
    settings,
    train,
    unchanged,
)


def close(a: torch.Tensor, b: torch.Tensor, atol: float) -> bool:
    """Equal to `atol`."""
    return torch.allclose(a, b, atol=atol, rtol=0)


def properties(composed: MethodConfig, model: str) -> dict[str, bool]:
    """Which properties a method shows on a model (bench.methods.base.Property)."""
    with torch.no_grad():
        start = plain(model).model(input_ids=IDS).logits
    made = attached(composed, model)
    with torch.no_grad():
        shown = {"identity": close(logits(made), start, 1e-6)}
    frozen = unchanged(made, lambda: train(made, 3))
    other = attached(composed, model)
    steps = train(other, 2)
    # A head trains with every method: what it learns is not the method's.
    own = other.trained().keys() - other.head
    learnt = train(attached(composed, model), 8).losses if own else [0.0]
    with torch.no_grad():
        trained = logits(other)
        refused = other.merge()
        merged = refused is None and close(logits(other), trained, 1e-5)
    return shown | {
        "merge": merged,
        "frozen": frozen,
        "gradient": bool(own) and all(steps.reached.values()),
        "learning": learnt[-1] < learnt[0],
    }


def dropped() -> list[str]:
    """Methods with an update that has dropout."""
    composed = {name: method(name) for name in FILES}
    return [
        n
        for n, made in composed.items()
        if made.update and hasattr(made.update, "dropout") and "dropout" in settings(n)
    ]


@pytest.mark.parametrize(("name", "model"), CASES)
def test_properties(name: str, model: str) -> None:
    """Each property holds, but for those that the method's own file says it lacks."""
    composed = method(name)
    expected = {key: key not in composed.lacks for key in get_args(Property)}
    assert properties(composed, model) == expected


@pytest.mark.parametrize(("name", "model"), CASES)
def test_count_and_saving(name: str, model: str) -> None:
    """What trains beside the head is the closed form, and a saved adapter gives the same logits."""
    composed = method(name)
    made = attached(composed, model)
    bare = plain(model)
    assert made.counts()["adapter"] == trained_count(composed, bare.model, bare.head)
    train(made, 3)
    again = attached(composed, model)
    with torch.no_grad():
        fresh = logits(again)
        again.load_state(made.state())
        assert torch.equal(logits(again), logits(made))
        if not made.trained():
            assert torch.equal(fresh, logits(made))


@pytest.mark.parametrize(("name", "model"), REFUSED)
def test_refusal(name: str, model: str) -> None:
    """A model that a method cannot be put on is refused in one line that says why."""
    with pytest.raises(BenchError, match=REFUSED[name, model]) as caught:
        attached(method(name), model)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", dropped())
def test_dropout_reaches_the_adapter(name: str) -> None:
    """An update with the option drops what its own tensors see: dropping all changes the output."""
    made = attached(method(name), "tiny_gpt2")
    train(made, 3)
    layer = next(iter(adapted_maps(made.model).values()))
    x = torch.randn(5, layer.base.in_features, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = layer(x)
        layer.drop = torch.nn.Dropout(1.0)
        layer.drop.train()
        without = layer(x)
    assert not torch.allclose(whole, without, atol=1e-4)


def bent_maps() -> list[str]:
    """Methods with an update that no plain weight reproduces."""
    composed = {name: method(name) for name in FILES}
    return [name for name, made in composed.items() if made.update and "merge" in made.lacks]


@pytest.mark.parametrize("name", bent_maps())
def test_what_cannot_merge_is_not_affine(name: str) -> None:
    """An update that has no plain weight really is no affine map: f(a + b) ≠ f(a) + f(b) − f(0)."""
    made = attached(method(name), "tiny_gpt2")
    train(made, 3)
    layer = next(m for m in made.model.modules() if isinstance(m, AdaptedLinear))
    # Large enough to reach the bend of a smooth activation, which is nearly straight at 0.
    a, b = 10 * torch.randn(
        2, 5, layer.base.in_features, generator=torch.Generator().manual_seed(0)
    )
    with torch.no_grad():
        bent = layer(a + b) + layer(torch.zeros_like(a)) - layer(a) - layer(b)
    assert bent.abs().max() > 1e-4
