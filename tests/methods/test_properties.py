"""Every method has the properties of METHODS, or says why not, and then has them not.

The methods are the files of conf/method, so a new one is tested by being there.
"""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from bench.attach.linear import AdaptedLinear
from bench.methods.base import Property
from bench.methods.compose import MethodConfig
from tests.methods.every import (
    FILES,
    IDS,
    MODELS,
    attached,
    logits,
    method,
    plain,
    train,
    unchanged,
)

CASES = [(name, model) for name in FILES for model in MODELS]


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
    learnt = train(attached(composed, model), 8).losses if other.trained() else [0.0]
    with torch.no_grad():
        trained = logits(other)
        refused = other.merge()
        merged = refused is None and close(logits(other), trained, 1e-5)
    return shown | {
        "merge": merged,
        "frozen": frozen,
        "gradient": bool(steps.reached) and all(steps.reached.values()),
        "learning": learnt[-1] < learnt[0],
    }


@pytest.mark.parametrize(("name", "model"), CASES)
def test_properties(name: str, model: str) -> None:
    """Each property holds, but for those that the method's own file says it lacks."""
    composed = method(name)
    expected = {key: key not in composed.lacks for key in get_args(Property)}
    assert properties(composed, model) == expected


@pytest.mark.parametrize(("name", "model"), CASES)
def test_count_and_saving(name: str, model: str) -> None:
    """What trains beside the head is the closed form, and a saved adapter gives the same logits."""
    from bench.models.shape import shape_of

    composed = method(name)
    made = attached(composed, model)
    bare = plain(model).model
    counts = made.counts()
    if composed.update is not None:
        closed = sum(composed.update.count(o, i) for o, i in shape_of(bare).of(composed.parts))
    elif composed.insert is not None:
        closed = composed.insert.count(shape_of(bare))
    else:
        assert composed.select is not None
        head = plain(model).head
        closed = sum(p.numel() for n, p in composed.select.chosen(bare) if n not in head)
    assert counts["adapter"] == closed
    train(made, 3)
    again = attached(composed, model)
    with torch.no_grad():
        fresh = logits(again)
        again.load_state(made.state())
        assert torch.equal(logits(again), logits(made))
        assert not composed.lacks.get("learning") or torch.equal(fresh, logits(made))


@pytest.mark.parametrize("name", FILES)
def test_what_cannot_merge_is_not_affine(name: str) -> None:
    """An update that has no plain weight really is no affine map: f(a + b) ≠ f(a) + f(b) − f(0)."""
    composed = method(name)
    if composed.update is None or "merge" not in composed.lacks:
        pytest.skip("mergeable, or no update of linear maps")
    made = attached(composed, "tiny_gpt2")
    train(made, 3)
    layer = next(m for m in made.model.modules() if isinstance(m, AdaptedLinear))
    a, b = torch.randn(2, 5, layer.base.in_features, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        bent = layer(a + b) + layer(torch.zeros_like(a)) - layer(a) - layer(b)
    assert bent.abs().max() > 1e-4
